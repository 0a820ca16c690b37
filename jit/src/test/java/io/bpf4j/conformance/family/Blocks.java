package io.bpf4j.conformance.family;

import io.bpf4j.conformance.family.Trial.Expected;
import io.bpf4j.conformance.family.Trial.Inputs;
import io.bpf4j.conformance.family.Trial.Probe;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Writes the program of a [Trial]: blocks of instructions that each set up registers, do one thing
/// and store what came of it. The address of the memory is in R7, R8 and R9, so that one of them is
/// left whatever two registers a block uses.
final class Blocks {
  private static final int SCRATCH = 16;
  private static final int[] HOMES = {7, 8, 9};

  private final StringBuilder source = new StringBuilder("r7 = r1\nr8 = r1\nr9 = r1\n");
  private final List<Probe> probes = new ArrayList<>();
  private final int memoryBytes;
  private int next = Trial.RESULTS;
  private boolean map;

  /// @param results how many there will be
  Blocks(int results) {
    this.memoryBytes = Trial.RESULTS + 8 * results + SCRATCH;
  }

  int memoryBytes() {
    return memoryBytes;
  }

  void usesMap() {
    map = true;
  }

  /// A register that holds the memory's address, none of these.
  static int home(int... used) {
    return free(HOMES, used);
  }

  /// The first of these registers that is none of those.
  static int free(int[] of, int... used) {
    for (int register : of) {
      if (Arrays.stream(used).noneMatch(u -> u == register)) {
        return register;
      }
    }
    throw new IllegalArgumentException("no register is free");
  }

  @SuppressWarnings("AnnotateFormatMethod")
  void line(String format, Object... arguments) {
    source.append(format.formatted(arguments)).append('\n');
  }

  /// Loads operand `a`, `b`, `c` or `m`.
  void operand(int register, char name, int home) {
    int at = Trial.OPERANDS + 8 * "abcm".indexOf(name);
    line("r%d = *(u64 *)(r%d +%d)", register, home, at);
  }

  /// Room for a result.
  int result() {
    next += 8;
    if (next > memoryBytes - SCRATCH) {
      throw new IllegalStateException("more results than there is room for");
    }
    return next - 8;
  }

  /// Stores a register as a result.
  void keep(int register, int home, String what, Expected expected) {
    int at = result();
    line("*(u64 *)(r%d %+d) = r%d", home, at, register);
    probe(what, at, expected);
  }

  void probe(String what, int at, Expected expected) {
    probes.add(new Probe(what, at, expected));
  }

  /// Gives the registers that hold the memory's address it back.
  void restore(int home, int... used) {
    for (int register : used) {
      if (register >= HOMES[0] && register <= HOMES[2] && register != home) {
        line("r%d = r%d", register, home);
      }
    }
  }

  Trial trial(String name, boolean engineOnly, List<Inputs> inputs) {
    Insns insns = Assembler.assemble(source + "r0 = 0\nexit\n");
    return new Trial(name, insns, memoryBytes, map, engineOnly, inputs, List.copyOf(probes));
  }

  /// What was written, before the end.
  String source() {
    return source.toString();
  }

  boolean map() {
    return map;
  }

  /// Every pair of numbers as `a` and `b`.
  static List<Inputs> pairs(List<Long> numbers) {
    List<Inputs> inputs = new ArrayList<>();
    for (long a : numbers) {
      for (long b : numbers) {
        inputs.add(new Inputs(a, b, 0, 0));
      }
    }
    return inputs;
  }
}
