package io.bpf4j.fuzz;

import io.bpf4j.isa.Size;
import java.util.random.RandomGenerator;

/// What a register of a generated program is known to point at: which offsets from it may be
/// accessed, and what the kernel demands of them.
///
/// @param area what memory it is
/// @param low the first offset that may be accessed
/// @param high one past the last
/// @param aligned whether the byte at `low` is aligned to 8
/// @param variable whether a number was added that the verifier does not know: atomics on such a
///   place of a stack it refuses
record Pointer(Area area, int low, int high, boolean aligned, boolean variable) {
  Pointer(Area area, int low, int high, boolean aligned) {
    this(area, low, high, aligned, false);
  }

  enum Area {
    MEMORY,
    /// A stack: accesses must be aligned (kernel/bpf/verifier.c, check_ptr_alignment).
    STACK,
    MAP_VALUE
  }

  Pointer moved(int bytes) {
    return new Pointer(area, low - bytes, high - bytes, aligned, variable);
  }

  /// After a number from 0 to `most`, of which nothing but multiples of `step`, was added.
  Pointer moved(int most, int step) {
    return new Pointer(area, low, high - most, aligned && step % Long.BYTES == 0, true);
  }

  /// Whether there is a legal access of this size.
  boolean takes(Size size, boolean atomic) {
    boolean mustAlign = (atomic || area == Area.STACK) && size.bytes() > 1;
    boolean refused = atomic && variable && area == Area.STACK;
    return high - low >= size.bytes() && (aligned || !mustAlign) && !refused;
  }

  /// The offset of a legal access, often at one of the ends.
  short offset(Size size, boolean atomic, RandomGenerator random) {
    boolean mustAlign = atomic || area == Area.STACK || random.nextBoolean();
    int step = mustAlign && aligned ? size.bytes() : 1;
    int choices = (high - low - size.bytes()) / step + 1;
    int choice =
        switch (random.nextInt(8)) {
          case 0 -> 0;
          case 1 -> choices - 1;
          default -> random.nextInt(choices);
        };
    return (short) (low + choice * step);
  }
}
