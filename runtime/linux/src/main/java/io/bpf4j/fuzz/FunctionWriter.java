package io.bpf4j.fuzz;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Writes one function of a generated program: its frame, its statements, and its end.
///
/// ```
/// R10 + low ... R10 + low + 8n          the part of the frame that statements access
/// R10 + low - 8, R10 + low - 16 ...     where pointers and numbers are spilled
/// ```
final class FunctionWriter {
  private static final int MAX_DEPTH = 3;

  /// The kernel lets all frames of a chain of calls have 512 bytes together.
  private static final int FRAME = 512;

  /// Where in the memory `may_goto` loops count; nothing else goes there.
  private static final short COUNTER = Input.MEMORY - Long.BYTES;

  private final Code code;
  private final RandomGenerator random;
  private final boolean maps;
  private final int stackBytes;
  private final List<Generator.Callee> callees;
  private final Registers regs = new Registers();
  private final boolean deep;
  private final int low;
  private final int words;
  private final Leaves leaves;
  private int spilled;

  /// The register that keeps the memory's address, or -1 where it is not known.
  private final int home;

  FunctionWriter(
      Code code,
      RandomGenerator random,
      boolean maps,
      int stackBytes,
      List<Generator.Callee> callees,
      boolean entry,
      boolean deep) {
    this.code = code;
    this.random = random;
    this.maps = maps;
    this.stackBytes = stackBytes;
    this.callees = callees;
    this.words = 1 + random.nextInt(random.nextInt(4) == 0 ? 8 : 4);
    this.deep = deep;
    this.low = deep ? -FRAME + 64 : -8 * words;
    Pointer frame = new Pointer(Pointer.Area.STACK, low, low + 8 * words, true);
    this.home = entry ? random.nextInt(4) == 0 ? 1 : 6 + random.nextInt(4) : -1;
    this.leaves = new Leaves(code, random, regs, frame, home < 0 ? null : Reg.of(home));
  }

  /// Writes the function that a program starts with: the memory in R1, its length in R2.
  void entry(int size) {
    regs.pointer(Reg.R1, new Pointer(Pointer.Area.MEMORY, 0, Input.WORK, true));
    regs.number(Reg.R2);
    if (home != 1) {
      code.add(Generator.move(Reg.of(home), Reg.R1));
      regs.pointer(Reg.of(home), new Pointer(Pointer.Area.MEMORY, 0, Input.WORK, true));
      regs.number(Reg.R1);
      code.add(Generator.move(Reg.R1, Generator.immediate(random)));
    }
    regs.lock(home);
    clear(stackBytes == 0);
    block(size, 0);
    show();
    end();
  }

  /// Writes a function that others call.
  void function(Generator.Callee callee, int size) {
    int arg = 1;
    for (Pointer.Area area : callee.pointers()) {
      regs.pointer(Reg.of(arg++), argument(area));
    }
    for (int i = 0; i < callee.numbers(); i++) {
      regs.number(Reg.of(arg++));
    }
    clear(true);
    block(size, 1);
    end();
  }

  /// What a function may do with a pointer it is given.
  private static Pointer argument(Pointer.Area area) {
    return new Pointer(area, 0, area == Pointer.Area.STACK ? 8 : Input.WORK, true);
  }

  /// Gives the frame a first content; where it starts as zeros, only some of it.
  private void clear(boolean all) {
    for (int i = 0; i < words; i++) {
      if (all || random.nextInt(3) == 0) {
        Operand value = random.nextInt(3) == 0 ? leaves.number() : Generator.immediate(random);
        code.add(new Insn.Store(Size.DW, Reg.FP, (short) (low + 8 * i), value));
      }
    }
  }

  private void block(int size, int depth) {
    for (int i = 0; i < size; i++) {
      statement(depth);
    }
  }

  private void statement(int depth) {
    boolean nests = depth < MAX_DEPTH;
    switch (random.nextInt(32)) {
      case 0, 1, 2 -> condition(nests, depth);
      case 3 -> loop(nests, depth);
      case 4, 5 -> spill(nests, depth);
      case 6, 7, 8, 9, 10, 11, 12 -> leaves.access();
      case 13, 14, 15 -> leaves.atomic();
      case 16, 17 -> leaves.pointer();
      case 18, 19 -> {
        if (maps) {
          leaves.map();
        }
      }
      case 20 -> {
        if (maps) {
          leaves.direct();
        }
      }
      case 21, 22 -> call();
      case 23 -> leave();
      default -> leaves.arithmetic();
    }
  }

  private void jumpIf(int label) {
    Reg dst = leaves.number();
    code.jump(
        Generator.pick(Generator.CONDITIONS, random),
        Generator.width(random),
        dst,
        leaves.operand(),
        label);
  }

  private void condition(boolean nests, int depth) {
    if (!nests) {
      return;
    }
    int other = code.label();
    jumpIf(other);
    Registers before = regs.copy();
    block(1 + random.nextInt(3), depth + 1);
    if (random.nextBoolean()) {
      code.place(other);
      regs.join(before);
      return;
    }
    int end = code.label();
    code.jump(random.nextInt(4) == 0, end);
    code.place(other);
    Registers after = regs.copy();
    regs.take(before);
    block(1 + random.nextInt(3), depth + 1);
    code.place(end);
    regs.join(after);
  }

  /// A loop: with a counter of a constant or a computed number of rounds, or with `may_goto`. What
  /// the verifier would follow round by round stays short.
  private void loop(boolean nests, int depth) {
    if (!nests || Integer.bitCount(regs.locks()) > 5) {
      return;
    }
    int locks = regs.locks();
    boolean calls = regs.callsAllowed() && random.nextBoolean();
    settlePointers(calls);
    if (!deep && stackBytes == 0 && home >= 0 && random.nextInt(4) == 0) {
      mayGotoLoop(depth);
    } else {
      Reg counter = counter(calls);
      if (counter != null) {
        countedLoop(counter, depth);
      }
    }
    regs.locks(locks);
  }

  private void countedLoop(Reg counter, int depth) {
    boolean branches = random.nextInt(3) == 0;
    if (!branches && random.nextInt(3) == 0) {
      code.add(Generator.move(counter, leaves.number()));
      code.add(new Insn.Alu(AluOp.AND, Width.W64, counter, new Imm(3)));
      code.add(Generator.plus(counter, new Imm(1)));
    } else {
      code.add(Generator.move(counter, new Imm(1 + random.nextInt(branches ? 2 : 5))));
    }
    regs.number(counter);
    regs.lock(counter.ordinal());
    int head = code.label();
    Registers before = regs.copy();
    code.place(head);
    block(1 + random.nextInt(3), branches ? depth + 1 : MAX_DEPTH);
    mend(before);
    code.add(Generator.plus(counter, new Imm(-1)));
    code.jump(JmpOp.JNE, Generator.width(random), counter, new Imm(0), head);
  }

  /// The rounds are counted in memory, where the verifier does not follow them: it takes the loop
  /// because of `may_goto`, which jumps after far more rounds. For the verifier every round must
  /// begin as the one before, so numbers are locked but for some that are loaded each time.
  private void mayGotoLoop(int depth) {
    Reg base = Reg.of(home);
    code.add(new Insn.Store(Size.DW, base, COUNTER, new Imm(1 + random.nextInt(5))));
    int loaded = 0;
    for (int i = 0; i < 3; i++) {
      loaded |= 1 << regs.anyWritable(random).ordinal();
    }
    load(loaded);
    for (int i = 0; i < Registers.COUNT; i++) {
      if (regs.isNumber(i) && (loaded >>> i & 1) == 0) {
        regs.lock(i);
      }
    }
    int head = code.label();
    int out = code.label();
    Registers before = regs.copy();
    code.place(head);
    code.mayGoto(out);
    block(1 + random.nextInt(3), depth < 1 ? depth + 1 : MAX_DEPTH);
    load(loaded);
    Reg counter = Registers.pick(loaded, random);
    if (counter != null) {
      code.add(new Insn.Load(Size.DW, false, counter, base, COUNTER));
      code.add(Generator.plus(counter, new Imm(-1)));
      code.add(new Insn.Store(Size.DW, base, COUNTER, counter));
      code.jump(JmpOp.JSGT, Generator.width(random), counter, new Imm(0), head);
    }
    code.place(out);
    regs.join(before);
  }

  /// Loads these registers from the memory.
  private void load(int registers) {
    for (int i = 0; i < Registers.COUNT; i++) {
      if ((registers >>> i & 1) != 0) {
        short offset = (short) (8 * random.nextInt(Input.WORK / 8));
        code.add(new Insn.Load(Size.DW, false, Reg.of(i), Reg.of(home), offset));
        regs.number(Reg.of(i));
      }
    }
  }

  /// Makes what held numbers when a loop began hold some again.
  private void mend(Registers before) {
    for (int i = 0; i < Registers.COUNT; i++) {
      if (before.isNumber(i) && !regs.isNumber(i)) {
        leaves.constant(Reg.of(i));
      }
    }
  }

  /// Pointers keep their registers while a loop runs; those that calls would take are given up.
  private void settlePointers(boolean calls) {
    for (int i = 0; i < Registers.COUNT; i++) {
      if (regs.pointer(i) == null) {
        continue;
      }
      if (calls && i < 6) {
        leaves.constant(Reg.of(i));
      } else if (Integer.bitCount(regs.locks()) < 6) {
        regs.lock(i);
      } else if (!regs.isLocked(i)) {
        leaves.constant(Reg.of(i));
      }
    }
  }

  private @Nullable Reg counter(boolean calls) {
    int free = ((1 << Registers.COUNT) - 1) & ~regs.locks();
    return Registers.pick(calls ? free & -1 << 6 : free, random);
  }

  /// Keeps a register in the frame while something else happens.
  private void spill(boolean nests, int depth) {
    int slot = low - 8 * (spilled + 1);
    if (!nests || spilled == 3 || slot < -FRAME || (stackBytes > 0 && slot < -stackBytes)) {
      return;
    }
    int known = 0;
    for (int i = 0; i < Registers.COUNT; i++) {
      known |= regs.isNumber(i) || regs.pointer(i) != null ? 1 << i : 0;
    }
    Reg kept = Registers.pick(known, random);
    if (kept == null) {
      return;
    }
    Pointer pointer = regs.pointer(kept.ordinal());
    code.add(new Insn.Store(Size.DW, Reg.FP, (short) slot, kept));
    spilled++;
    block(random.nextInt(3), depth + 1);
    spilled--;
    Reg to = regs.anyWritable(random);
    code.add(new Insn.Load(Size.DW, false, to, Reg.FP, (short) slot));
    if (pointer == null) {
      regs.number(to);
    } else {
      regs.pointer(to, pointer);
      // Addresses differ from run to run and must not be seen.
      code.add(new Insn.Store(Size.DW, Reg.FP, (short) slot, Generator.immediate(random)));
    }
  }

  private void call() {
    if (callees.isEmpty() || !regs.callsAllowed()) {
      return;
    }
    Generator.Callee callee = callees.get(random.nextInt(callees.size()));
    if (home < 0 && callee.pointers().contains(Pointer.Area.MEMORY)) {
      // Nothing but the entry function knows where the memory is.
      return;
    }
    int arg = 1;
    for (Pointer.Area area : callee.pointers()) {
      Reg reg = Reg.of(arg++);
      if (area == Pointer.Area.STACK) {
        code.add(Generator.move(reg, Reg.FP));
        code.add(Generator.plus(reg, new Imm(low + 8 * random.nextInt(words))));
      } else {
        code.add(Generator.move(reg, Reg.of(home)));
      }
    }
    for (int i = 0; i < callee.numbers(); i++) {
      Reg reg = Reg.of(arg++);
      Reg number = Registers.pick(numbersFrom(reg.ordinal()), random);
      code.add(
          Generator.move(
              reg, number == null || random.nextBoolean() ? Generator.immediate(random) : number));
    }
    code.call(callee.label());
    regs.afterCall();
  }

  /// The registers with numbers that no argument has taken yet: R0 and those from `first` on.
  private int numbersFrom(int first) {
    int set = 0;
    for (int i = 0; i < Registers.COUNT; i++) {
      set |= regs.isNumber(i) && (i == 0 || i >= first) ? 1 << i : 0;
    }
    return set;
  }

  /// An end before the end. No spilled address may be left behind.
  private void leave() {
    if (spilled > 0 || random.nextInt(3) != 0) {
      return;
    }
    int on = code.label();
    jumpIf(on);
    Registers before = regs.copy();
    end();
    code.place(on);
    regs.take(before);
  }

  /// Leaves what registers and frame hold in the memory, behind the part that programs work on.
  private void show() {
    int locks = regs.locks();
    for (int i = 0; i < Registers.COUNT; i++) {
      if (regs.isNumber(i) && random.nextInt(4) != 0) {
        code.add(new Insn.Store(Size.DW, Reg.of(home), (short) (Input.WORK + 8 * i), Reg.of(i)));
      }
    }
    if (stackBytes == 0) {
      int at = Input.WORK + 8 * Registers.COUNT;
      for (int i = 0; i < words; i++) {
        Reg through = regs.anyWritable(random);
        if (random.nextInt(4) != 0) {
          code.add(new Insn.Load(Size.DW, false, through, Reg.FP, (short) (low + 8 * i)));
          regs.number(through);
          code.add(new Insn.Store(Size.DW, Reg.of(home), (short) (at + 8 * i), through));
        }
      }
    }
    regs.locks(locks);
  }

  private void end() {
    if (!regs.isNumber(0) || random.nextBoolean()) {
      Reg number = regs.anyNumber(random, false);
      code.add(
          number == null || random.nextInt(8) == 0
              ? Generator.move(Reg.R0, Generator.immediate(random))
              : Generator.move(Reg.R0, number));
    }
    code.add(new Insn.Exit());
  }
}
