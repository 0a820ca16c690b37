package io.bpf4j.conformance.family;

import io.bpf4j.conformance.family.Family.Row;
import io.bpf4j.conformance.family.Meaning.Values;
import io.bpf4j.conformance.family.Trial.Inputs;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/// What a register holds after an instruction that reads one or two, and whether a jump is taken:
/// the rows of `arithmetic.family` and `jumps.family`, tried in the same ways.
final class Arithmetic {
  private static final int REGISTERS = 10;

  private final String name;
  private final Family family;
  private final List<Trial> trials = new ArrayList<>();
  private final List<Trial> refused = new ArrayList<>();

  private Arithmetic(String name) {
    this.name = name;
    this.family = Family.read(name);
  }

  static List<Trial> trials(String name) {
    Arithmetic arithmetic = new Arithmetic(name);
    arithmetic.all();
    return arithmetic.trials;
  }

  /// A program for each instruction that the file says the verifier refuses.
  static List<Trial> refused(String name) {
    Arithmetic arithmetic = new Arithmetic(name);
    arithmetic.each();
    return arithmetic.refused;
  }

  private void each() {
    for (Row row : family.rows()) {
      LongPredicate taken = taken(row);
      for (long k : row.names("K") ? family.list("immediates") : List.<Long>of()) {
        if (!taken.test(k)) {
          immediates(row, List.of(k), refused, List.of(new Inputs(0, 0, 0, 0)), true);
        }
      }
    }
  }

  private void all() {
    List<Row> registers = family.rows().stream().filter(row -> !row.names("K")).toList();
    List<Row> immediates = family.rows().stream().filter(row -> row.names("K")).toList();
    numbers(registers);
    registers.forEach(this::registers);
    registers.forEach(this::constants);
    for (Row row : immediates) {
      LongPredicate taken = taken(row);
      List<Long> all = family.list("immediates");
      immediates(row, all.stream().filter(taken::test).toList(), false);
      immediates(row, all.stream().filter(k -> !taken.test(k)).toList(), true);
      constants(row, all.stream().filter(taken::test).toList());
    }
  }

  /// Which immediates the kernel takes.
  private static LongPredicate taken(Row row) {
    if (row.columns().size() == 1) {
      return _ -> true;
    }
    Meaning meaning = row.meaning(1);
    return k -> meaning.of(new Values(0, k, 0, 0)) == 1;
  }

  /// Every row with every pair of numbers, jumps forwards and backwards.
  private void numbers(List<Row> rows) {
    Blocks blocks = new Blocks(6 * rows.size());
    for (Row row : rows) {
      block(blocks, row, 2, 3, false);
      block(blocks, row, 4, 4, false);
      if (isJump(row)) {
        block(blocks, row, 2, 3, true);
      }
    }
    trials.add(blocks.trial(name + ", all numbers", false, Blocks.pairs(family.list("numbers"))));
  }

  /// A row with every pair of registers.
  private void registers(Row row) {
    Blocks blocks = new Blocks(2 * REGISTERS * REGISTERS);
    for (int d = 0; d < REGISTERS; d++) {
      for (int s = 0; s < REGISTERS; s++) {
        if (row.names("S") || d == s) {
          block(blocks, row, d, s, false);
        }
      }
    }
    String title = name + ", " + row.insn() + ", all registers";
    trials.add(blocks.trial(title, false, Blocks.pairs(family.list("few"))));
  }

  private static boolean isJump(Row row) {
    return row.insn().startsWith("if ");
  }

  private static void block(Blocks blocks, Row row, int d, int s, boolean back) {
    int home = Blocks.home(d, s);
    blocks.operand(d, 'a', home);
    if (d != s && row.names("S")) {
      blocks.operand(s, 'b', home);
    }
    Meaning meaning = row.meaning(0);
    String insn = row.with("D", d).with("S", s).insn();
    Trial.Expected expected =
        (in, _) -> meaning.of(new Values(in.a(), d == s ? in.a() : in.b(), 0, 0));
    perform(blocks, insn, d, home, back, expected);
    if (!isJump(row) && d != s && row.names("S")) {
      blocks.keep(s, home, "the source of " + insn, (in, _) -> in.b());
    }
    blocks.restore(home, d, s);
  }

  private static void perform(
      Blocks blocks, String insn, int d, int home, boolean back, Trial.Expected expected) {
    if (!insn.startsWith("if ")) {
      blocks.line("%s", insn);
      blocks.keep(d, home, insn, expected);
      return;
    }
    int at = blocks.result();
    if (back) {
      blocks.line("goto pc+2");
      blocks.line("*(u64 *)(r%d %+d) = 1", home, at);
      blocks.line("goto pc+2");
      blocks.line("*(u64 *)(r%d %+d) = 0", home, at);
      blocks.line("%s goto pc-4", insn);
    } else {
      blocks.line("*(u64 *)(r%d %+d) = 1", home, at);
      blocks.line("%s goto pc+1", insn);
      blocks.line("*(u64 *)(r%d %+d) = 0", home, at);
    }
    blocks.probe(insn + (back ? " backwards" : ""), at, expected);
  }

  private void immediates(Row row, List<Long> numbers, boolean engineOnly) {
    List<Inputs> inputs = family.list("numbers").stream().map(a -> new Inputs(a, 0, 0, 0)).toList();
    if (!numbers.isEmpty()) {
      immediates(row, numbers, trials, inputs, engineOnly);
    }
  }

  /// A row with every immediate.
  private void immediates(
      Row row, List<Long> numbers, List<Trial> to, List<Inputs> inputs, boolean engineOnly) {
    Meaning meaning = row.meaning(0);
    Blocks blocks = new Blocks(2 * numbers.size());
    for (long k : numbers) {
      for (boolean back : new boolean[] {false, true}) {
        if (!back || isJump(row)) {
          blocks.operand(2, 'a', 7);
          String insn = row.with("D", 2).with("K", Long.toString(k)).insn();
          perform(blocks, insn, 2, 7, back, (in, _) -> meaning.of(new Values(in.a(), k, 0, 0)));
        }
      }
    }
    String which = numbers.size() == 1 ? "" : ", all immediates";
    String title =
        name + ", " + row.with("K", numbers.size() == 1 ? "" + numbers.get(0) : "K").insn();
    to.add(blocks.trial(title + which, engineOnly, inputs));
  }

  /// A row with registers whose content is known before it runs.
  private void constants(Row row) {
    constants(row, row.names("S") ? family.list("constants") : List.of(0L));
  }

  private void constants(Row row, List<Long> seconds) {
    List<Long> firsts = family.list("constants");
    Meaning meaning = row.meaning(0);
    Blocks blocks = new Blocks(firsts.size() * seconds.size());
    for (long a : firsts) {
      for (long b : seconds) {
        blocks.line("r2 = 0x%x ll", a);
        if (row.names("S")) {
          blocks.line("r3 = 0x%x ll", b);
        }
        String insn = row.with("D", 2).with("S", 3).with("K", Long.toString(b)).insn();
        String what = "%s of the constants 0x%x and 0x%x".formatted(insn, a, b);
        int at = blocks.result();
        long expected = meaning.of(new Values(a, b, 0, 0));
        if (isJump(row)) {
          blocks.line("*(u64 *)(r7 %+d) = 1", at);
          blocks.line("%s goto pc+1", insn);
          blocks.line("*(u64 *)(r7 %+d) = 0", at);
        } else {
          blocks.line("%s", insn);
          blocks.line("*(u64 *)(r7 %+d) = r2", at);
        }
        blocks.probe(what, at, (_, _) -> expected);
      }
    }
    trials.add(
        blocks.trial(
            name + ", " + row.insn() + ", constants", false, List.of(new Inputs(0, 0, 0, 0))));
  }
}
