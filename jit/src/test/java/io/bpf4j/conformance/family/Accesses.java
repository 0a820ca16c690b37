package io.bpf4j.conformance.family;

import io.bpf4j.conformance.family.Family.Row;
import io.bpf4j.conformance.family.Meaning.Values;
import io.bpf4j.conformance.family.Trial.Expected;
import io.bpf4j.conformance.family.Trial.Inputs;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Loads, stores and atomic operations: the rows of their files in every place, at both ends and
/// with every pair of registers. What the accessed bytes hold is put there before and looked at
/// afterwards with accesses of 8 bytes around them.
final class Accesses {
  private static final int REGISTERS = 10;
  private static final int SPARE_FRAME = 64;
  private static final Family LOADS = Family.read("loads");
  private static final Family STORES = Family.read("stores");
  private static final Family ATOMICS = Family.read("atomics");

  private Accesses() {}

  private static boolean mustAlign(Row row) {
    return row.insn().contains("atomic") || row.insn().matches(".*(lock|acquire|release).*");
  }

  /// The distances from the base that are tried.
  private static List<Integer> ends(Place place, Blocks blocks, Row row) {
    int last = place.last(blocks, row.size(), mustAlign(row));
    int first = place.first(blocks);
    return first == last ? List.of(first) : List.of(first, last);
  }

  /// Where the 8 bytes are that are looked at.
  private static int window(Place place, Blocks blocks, int at) {
    return Math.min(at, place.high(blocks) - Long.BYTES);
  }

  private static long low(long number, int bytes) {
    return bytes == Long.BYTES ? number : number & ((1L << (8 * bytes)) - 1);
  }

  /// The bytes of `whole` from `from` on as a number.
  private static long cell(long whole, int from, int bytes) {
    return low(whole >>> (8 * from), bytes);
  }

  private static long with(long whole, int from, int bytes, long cell) {
    long mask = low(-1, bytes) << (8 * from);
    return (whole & ~mask) | ((cell << (8 * from)) & mask);
  }

  /// Every `a`, which is 0, with these as `m`, `b` and `c`.
  private static List<Inputs> inputs(List<Long> ms, List<Long> bs, List<Long> cs) {
    List<Inputs> inputs = new ArrayList<>();
    for (long m : ms) {
      for (long b : bs) {
        for (long c : cs) {
          inputs.add(new Inputs(0, b, c, m));
        }
      }
    }
    return inputs;
  }

  static List<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    for (Place place : Place.values()) {
      trials.add(loads(place));
      trials.add(stores(place));
      trials.add(atomics(place));
    }
    LOADS.rows().forEach(row -> trials.add(loadRegisters(row)));
    STORES.rows().stream()
        .filter(row -> row.names("S"))
        .forEach(row -> trials.add(storeRegisters(row)));
    for (Row row : ATOMICS.rows()) {
      trials.add(atomicRegisters(row, false));
      if (row.columns().size() > 1) {
        trials.add(atomicRegisters(row, true));
      }
    }
    trials.add(slots());
    return trials;
  }

  private static Trial loads(Place place) {
    Blocks blocks = new Blocks(4 * LOADS.rows().size());
    for (Row row : LOADS.rows()) {
      for (int end : ends(place, blocks, row)) {
        load(blocks, place, row, 2, place.choosesBase() ? 3 : 10, end);
        load(blocks, place, row, 0, place.choosesBase() ? 0 : 10, end);
      }
    }
    List<Long> numbers = LOADS.list("numbers");
    return blocks.trial("loads, " + place, false, inputs(numbers, List.of(0L), List.of(0L)));
  }

  private static Trial loadRegisters(Row row) {
    Blocks blocks = new Blocks(REGISTERS * REGISTERS);
    for (int d = 0; d < REGISTERS; d++) {
      for (int b = 0; b < REGISTERS; b++) {
        load(blocks, Place.MEMORY, row, d, b, 0);
      }
    }
    String name = "loads, " + row.insn() + ", all registers";
    return blocks.trial(name, false, inputs(LOADS.list("few"), List.of(0L), List.of(0L)));
  }

  private static void load(Blocks blocks, Place place, Row row, int dst, int base, int at) {
    int home = Blocks.home(dst, base);
    int window = window(place, blocks, at);
    prepare(blocks, place, base, home, dst, window);
    String insn = at(row, base, at).with("D", dst).insn();
    blocks.line("%s", insn);
    Meaning meaning = row.meaning(0);
    int size = row.size();
    blocks.keep(
        dst,
        home,
        insn,
        (in, _) -> meaning.of(new Values(0, 0, 0, cell(in.m(), at - window, size))));
    blocks.restore(home, dst, base);
  }

  /// Makes the base and puts `m` where the access will be.
  private static void prepare(
      Blocks blocks, Place place, int base, int home, int other, int window) {
    place.base(blocks, base, home, other);
    int spare = Blocks.free(new int[] {1, 2, 3, 4, 5, 6}, base, home);
    blocks.operand(spare, 'm', home);
    blocks.line("*(u64 *)(r%d %+d) = r%d", base, window, spare);
  }

  private static Row at(Row row, int base, int at) {
    return row.with("B", base).with("O", "%+d".formatted(at));
  }

  private static Trial stores(Place place) {
    List<Long> immediates = STORES.list("immediates");
    Blocks blocks = new Blocks(2 * STORES.rows().size() * (1 + immediates.size()));
    int base = place.choosesBase() ? 3 : 10;
    for (Row row : STORES.rows()) {
      for (int end : ends(place, blocks, row)) {
        if (row.names("S")) {
          store(blocks, place, row, base, 2, end);
        } else {
          immediates.forEach(k -> store(blocks, place, row, base, k, end));
        }
      }
    }
    List<Inputs> inputs = inputs(STORES.list("few"), STORES.list("numbers"), List.of(0L));
    return blocks.trial("stores, " + place, false, inputs);
  }

  private static Trial storeRegisters(Row row) {
    Blocks blocks = new Blocks(2 * REGISTERS * REGISTERS);
    for (int b = 0; b < REGISTERS; b++) {
      for (int s = 0; s < REGISTERS; s++) {
        store(blocks, Place.MEMORY, row, b, s, 0);
      }
    }
    String name = "stores, " + row.insn() + ", all registers";
    List<Long> few = STORES.list("few");
    return blocks.trial(name, false, inputs(few, few, List.of(0L)));
  }

  private static void store(Blocks blocks, Place place, Row row, int base, int src, int at) {
    int home = Blocks.home(base, src);
    int window = window(place, blocks, at);
    prepare(blocks, place, base, home, src, window);
    int address = -1;
    if (src == base) {
      address = keepAddress(blocks, base, home);
    } else {
      blocks.operand(src, 'b', home);
    }
    int from = address;
    String insn = at(row, base, at).with("S", src).insn();
    stored(
        blocks,
        row,
        insn,
        base,
        home,
        at,
        window,
        (in, memory) -> from < 0 ? in.b() : memory.getLong(from));
    blocks.restore(home, src, base);
  }

  private static void store(Blocks blocks, Place place, Row row, int base, long imm, int at) {
    int window = window(place, blocks, at);
    prepare(blocks, place, base, 7, base, window);
    String insn = at(row, base, at).with("K", Long.toString(imm)).insn();
    stored(blocks, row, insn, base, 7, at, window, (_, _) -> imm);
  }

  private static void stored(
      Blocks blocks,
      Row row,
      String insn,
      int base,
      int home,
      int at,
      int window,
      Expected source) {
    blocks.line("%s", insn);
    int spare = Blocks.free(new int[] {1, 2, 3, 4, 5, 6}, base, home);
    blocks.line("r%d = *(u64 *)(r%d %+d)", spare, base, window);
    Meaning meaning = row.meaning(0);
    int size = row.size();
    blocks.keep(
        spare,
        home,
        insn,
        (in, memory) -> {
          long cell = meaning.of(new Values(0, source.of(in, memory), 0, 0));
          return with(in.m(), at - window, size, cell);
        });
  }

  private static int keepAddress(Blocks blocks, int base, int home) {
    int at = blocks.result();
    blocks.line("*(u64 *)(r%d %+d) = r%d", home, at, base);
    return at;
  }

  private static Trial atomics(Place place) {
    Blocks blocks = new Blocks(8 * ATOMICS.rows().size());
    int base = place.choosesBase() ? 3 : 10;
    for (Row row : ATOMICS.rows()) {
      for (int end : ends(place, blocks, row)) {
        atomic(blocks, place, row, base, 2, end);
      }
    }
    List<Long> numbers = ATOMICS.list("numbers");
    List<Inputs> inputs = new ArrayList<>();
    for (long m : numbers) {
      for (long b : numbers) {
        // What is compared: equal, next to it, and equal in one half only.
        for (long c : new long[] {m, m + 1, m ^ 1L << 40, m ^ 1L << 3}) {
          inputs.add(new Inputs(0, b, c, m));
        }
      }
    }
    return blocks.trial("atomics, " + place, false, inputs);
  }

  /// Whether what is fetched replaces the base.
  private static boolean losesBase(Row row, int base, int src) {
    return row.columns().size() > 1 && base == (row.columns().get(1).startsWith("S") ? src : 0);
  }

  private static Trial atomicRegisters(Row row, boolean losingBase) {
    Blocks blocks = new Blocks(4 * REGISTERS * REGISTERS);
    for (int b = 0; b < REGISTERS; b++) {
      for (int s = 0; s < REGISTERS; s++) {
        if (losesBase(row, b, s) == losingBase) {
          atomic(blocks, Place.MEMORY, row, b, s, 8);
        }
      }
    }
    List<Long> few = ATOMICS.list("few");
    String which = losingBase ? ", into the base" : ", all registers";
    return blocks.trial("atomics, " + row.insn() + which, losingBase, inputs(few, few, few));
  }

  /// A program for each way of fetching into the base.
  static List<Trial> refused() {
    List<Trial> refused = new ArrayList<>();
    for (Row row : ATOMICS.rows()) {
      for (int b = 0; b < REGISTERS; b++) {
        for (int s = 0; s < REGISTERS; s++) {
          if (losesBase(row, b, s)) {
            Blocks blocks = new Blocks(4);
            atomic(blocks, Place.MEMORY, row, b, s, 8);
            String insn = at(row, b, 8).with("S", s).insn();
            refused.add(blocks.trial(insn, true, inputs(List.of(0L), List.of(0L), List.of(0L))));
          }
        }
      }
    }
    return refused;
  }

  private static void atomic(Blocks blocks, Place place, Row row, int base, int src, int at) {
    int home = Blocks.home(base, src);
    int window = window(place, blocks, at);
    prepare(blocks, place, base, home, src, window);
    int address = base == src || base == 0 ? keepAddress(blocks, base, home) : -1;
    if (src != base && src != 0) {
      blocks.operand(src, 'b', home);
    }
    if (base != 0) {
      blocks.operand(0, 'c', home);
    }
    String insn = at(row, base, at).with("S", src).insn();
    blocks.line("%s", insn);
    AtomicModel model =
        new AtomicModel(
            row.meaning(0),
            row.columns().size() == 1 ? "" : row.columns().get(1),
            base,
            src,
            address,
            row.size(),
            at - window);
    blocks.keep(src, home, "the source of " + insn, (in, mem) -> model.source(in, mem));
    if (src != 0) {
      blocks.keep(0, home, "R0 of " + insn, (in, mem) -> model.r0(in, mem));
    }
    // The base may be gone, and so may be what holds it.
    int spare = Blocks.free(new int[] {4, 5, 6}, base, src);
    int again = place.choosesBase() ? spare : base;
    place.base(blocks, again, home, again);
    blocks.line("r%d = *(u64 *)(r%d %+d)", spare, again, window);
    blocks.keep(
        spare,
        home,
        "memory of " + insn,
        (in, mem) -> with(in.m(), at - window, row.size(), model.memory(in, mem)));
    blocks.restore(home, src, base);
  }

  /// Stores to the frame that are read back at the same size and nowhere else: a compiler may keep
  /// these bytes in a register.
  private static Trial slots() {
    Blocks blocks = new Blocks(256);
    int slot = -SPARE_FRAME;
    for (Row store : STORES.rows()) {
      for (Row load : LOADS.rows()) {
        if (store.size() != load.size() || mustAlign(store) || mustAlign(load)) {
          continue;
        }
        List<Long> numbers = store.names("K") ? STORES.list("immediates") : List.of(0L);
        slot -= 8;
        String offset = "%+d".formatted(slot);
        for (long k : numbers) {
          blocks.operand(2, 'b', 7);
          String put = store.with("B", 10).with("S", 2).with("K", "" + k).with("O", offset).insn();
          String get = load.with("B", 10).with("D", 3).with("O", offset).insn();
          blocks.line("%s", put);
          blocks.line("%s", get);
          Meaning stored = store.meaning(0);
          Meaning loaded = load.meaning(0);
          blocks.keep(
              3,
              7,
              put + " and " + get,
              (in, _) -> {
                long b = store.names("K") ? k : in.b();
                return loaded.of(new Values(0, 0, 0, stored.of(new Values(0, b, 0, 0))));
              });
        }
      }
    }
    List<Inputs> inputs = inputs(List.of(0L), STORES.list("numbers"), List.of(0L));
    return blocks.trial("stores to slots that are loaded again", false, inputs);
  }

  /// A program whose last instruction leaves what it may touch.
  ///
  /// @param pc where that instruction is
  record Outside(String name, Insns insns, int memoryBytes, boolean map, int pc) {}

  /// Every row in every place one step outside, below and above, and through a null pointer.
  static List<Outside> outside() {
    List<Outside> all = new ArrayList<>();
    for (Family family : List.of(LOADS, STORES, ATOMICS)) {
      for (Row row : family.rows()) {
        all.add(missed(row, 3, 0));
        all.add(missed(row, 0, Host.MAP_VALUE - row.size() & -row.size()));
        for (Place place : Place.values()) {
          Blocks blocks = new Blocks(2);
          int step = mustAlign(row) ? row.size() : 1;
          int low = place.low(blocks) - step;
          int high = place.last(blocks, row.size(), mustAlign(row)) + step;
          for (int at : new int[] {low, high}) {
            all.add(outside(place, row, at));
          }
        }
      }
    }
    return all;
  }

  private static Outside outside(Place place, Row row, int at) {
    Blocks blocks = new Blocks(2);
    int base = place.choosesBase() ? 3 : 10;
    place.base(blocks, base, 7, 2);
    blocks.operand(2, 'b', 7);
    blocks.operand(0, 'c', 7);
    return last(blocks, row, base, at, place.toString());
  }

  /// An access through what a lookup gave that found nothing, without a look at it.
  private static Outside missed(Row row, int base, int at) {
    Blocks blocks = new Blocks(2);
    Place.lookup(blocks, Host.MAP_ENTRIES.get(1));
    blocks.line("r%d = r0", base);
    if (base != 0) {
      blocks.operand(0, 'c', 7);
    }
    blocks.operand(2, 'b', 7);
    return last(blocks, row, base, at, "what was not found");
  }

  private static Outside last(Blocks blocks, Row row, int base, int at, String place) {
    String insn = at(row, base, at).with("D", 2).with("S", 2).with("K", "1").insn();
    String before = blocks.source();
    int pc = Assembler.assemble(before).size();
    Insns insns = Assembler.assemble(before + insn + "\nr0 = 0\nexit\n");
    String name = "%s in %s".formatted(insn, place);
    return new Outside(name, insns, blocks.memoryBytes(), blocks.map(), pc);
  }

  /// What an atomic operation does to its registers, whichever they are.
  ///
  /// @param memory what the accessed bytes then hold
  /// @param result the second column of the row, or nothing
  /// @param address where the result is that tells the base's address, or -1
  /// @param from where in the 8 bytes around them the accessed bytes start
  private record AtomicModel(
      Meaning memory, String result, int base, int src, int address, int size, int from) {
    private Values values(Inputs in, ByteBuffer mem) {
      long at = address < 0 ? 0 : mem.getLong(address);
      long c = base == 0 ? at : in.c();
      long b = src == base ? at : src == 0 ? c : in.b();
      return new Values(0, b, c, Accesses.cell(in.m(), from, size));
    }

    private boolean goesTo(String register) {
      return result.startsWith(register + ": ");
    }

    private long fetched(Values values) {
      String text = result.replaceFirst("^\\w+: ", "");
      return Meaning.of(text).of(values);
    }

    long memory(Inputs in, ByteBuffer mem) {
      return memory.of(values(in, mem));
    }

    long source(Inputs in, ByteBuffer mem) {
      Values values = values(in, mem);
      return goesTo("S") || (src == 0 && goesTo("R0")) ? fetched(values) : values.b();
    }

    long r0(Inputs in, ByteBuffer mem) {
      Values values = values(in, mem);
      return goesTo("R0") ? fetched(values) : values.c();
    }
  }
}
