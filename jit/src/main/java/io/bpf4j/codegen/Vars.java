package io.bpf4j.codegen;

import io.bpf4j.isa.Reg;

/// The variables of generated code, numbered so that a set of them is one `long`: R0 to R10, what
/// checks keep at hand, then the promoted slots, and the counter of `may_goto`. Each is a `long`
/// local, but for the two that count the budget.
final class Vars {
  static final int FP = Reg.FP.ordinal();

  /// One more than what was left of the budget when the method took it: an `int`, which its loops
  /// leave alone.
  static final int LIMIT = 11;

  /// The address an access computes.
  static final int ADDRESS = 12;

  /// First address of the run's memory.
  static final int MEMORY = 13;

  /// How many addresses are legal from there on for accesses of 1, 2, 4 and 8 bytes: four
  /// variables.
  static final int LIMITS = 14;

  /// Bytes of stack from the start of the own frame to the top.
  static final int SPAN = 18;

  /// A second scratch variable.
  static final int SCRATCH = 19;

  /// What the method has spent since it took the budget: an `int` that counts up from 0 to
  /// [#LIMIT]. So C2 sees a counted loop in every loop, and unrolls it; a `long`, or one that
  /// counts down, it does not take for that.
  static final int SPENT = 20;

  /// The first promoted slot.
  static final int SLOTS = 21;

  /// How often the function's `may_goto` did not jump.
  static final int LOOPS = SLOTS + Slots.MAX;

  static final int COUNT = LOOPS + 1;

  /// The variables that a program itself has: what lives from one instruction to the next.
  static final long PROGRAM = ((1L << FP) - 1) | (-1L << SLOTS);

  /// The variables that are an `int`.
  static final long INTS = 1L << LIMIT | 1L << SPENT;

  private Vars() {}

  static long bit(int variable) {
    return 1L << variable;
  }

  static long bit(Reg reg) {
    return 1L << reg.ordinal();
  }

  static int limit(int size) {
    return LIMITS + Integer.numberOfTrailingZeros(size);
  }
}
