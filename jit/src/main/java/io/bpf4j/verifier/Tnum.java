package io.bpf4j.verifier;

/// What is known of a 64-bit number bit by bit: where `mask` is 1 the bit is unknown, elsewhere it
/// is the bit of `value` (kernel/bpf/tnum.c). No bit is set in both.
///
/// @param value the known bits
/// @param mask the unknown bits
public record Tnum(long value, long mask) {
  /// Nothing known.
  public static final Tnum UNKNOWN = new Tnum(0, -1);

  private static final long LOW = 0xffff_ffffL;

  /// Every bit known.
  public static Tnum constant(long value) {
    return new Tnum(value, 0);
  }

  /// The common leading bits of the unsigned interval from `min` to `max`.
  public static Tnum range(long min, long max) {
    int differing = 64 - Long.numberOfLeadingZeros(min ^ max);
    if (differing > 63) {
      return UNKNOWN;
    }
    long delta = (1L << differing) - 1;
    return new Tnum(min & ~delta, delta);
  }

  public boolean isConst() {
    return mask == 0;
  }

  public boolean isConst(long number) {
    return mask == 0 && value == number;
  }

  public Tnum shiftLeft(int count) {
    return new Tnum(value << count, mask << count);
  }

  public Tnum shiftRight(int count) {
    return new Tnum(value >>> count, mask >>> count);
  }

  /// Shifts in copies of the sign bit, known or unknown; `bits` is 32 or 64.
  public Tnum shiftRightSigned(int count, int bits) {
    return bits == 32
        ? new Tnum(((int) value >> count) & LOW, ((int) mask >> count) & LOW)
        : new Tnum(value >> count, mask >> count);
  }

  public Tnum add(Tnum other) {
    long sum = value + other.value;
    long carried = (mask + other.mask + sum) ^ sum;
    long unknown = carried | mask | other.mask;
    return new Tnum(sum & ~unknown, unknown);
  }

  public Tnum subtract(Tnum other) {
    long difference = value - other.value;
    long borrowed = (difference + mask) ^ (difference - other.mask);
    long unknown = borrowed | mask | other.mask;
    return new Tnum(difference & ~unknown, unknown);
  }

  public Tnum negate() {
    return constant(0).subtract(this);
  }

  public Tnum and(Tnum other) {
    long known = value & other.value;
    return new Tnum(known, (value | mask) & (other.value | other.mask) & ~known);
  }

  public Tnum or(Tnum other) {
    long known = value | other.value;
    return new Tnum(known, (mask | other.mask) & ~known);
  }

  public Tnum xor(Tnum other) {
    long unknown = mask | other.mask;
    return new Tnum((value ^ other.value) & ~unknown, unknown);
  }

  /// Long multiplication; at an unknown bit of this number the sums with and without the shifted
  /// factor are joined.
  public Tnum multiply(Tnum other) {
    Tnum left = this;
    Tnum right = other;
    Tnum sum = constant(0);
    while ((left.value | left.mask) != 0) {
      if ((left.value & 1) != 0) {
        sum = sum.add(right);
      } else if ((left.mask & 1) != 0) {
        sum = sum.join(sum.add(right));
      }
      left = left.shiftRight(1);
      right = right.shiftLeft(1);
    }
    return sum;
  }

  /// What holds for a number that is one of two.
  public Tnum join(Tnum other) {
    long unknown = (value ^ other.value) | mask | other.mask;
    return new Tnum(value & other.value & ~unknown, unknown);
  }

  /// What holds for a number of which both are true; where they contradict each other, something of
  /// both.
  public Tnum intersect(Tnum other) {
    long unknown = mask & other.mask;
    return new Tnum((value | other.value) & ~unknown, unknown);
  }

  /// Whether some number satisfies both.
  public boolean overlaps(Tnum other) {
    return ((value ^ other.value) & ~mask & ~other.mask) == 0;
  }

  /// Whether every number that `other` admits is admitted here.
  public boolean covers(Tnum other) {
    return (other.mask & ~mask) == 0 && (other.value & ~mask) == value;
  }

  /// The lowest 16, 32 or 64 bits with their bytes in the opposite order, the rest zero.
  public Tnum swapBytes(int bits) {
    return new Tnum(
        Long.reverseBytes(value) >>> (64 - bits), Long.reverseBytes(mask) >>> (64 - bits));
  }

  /// The lowest `bytes` bytes, the rest zero.
  public Tnum truncate(int bytes) {
    if (bytes >= 8) {
      return this;
    }
    long keep = (1L << (bytes * 8)) - 1;
    return new Tnum(value & keep, mask & keep);
  }

  /// The lower 32 bits.
  public Tnum low() {
    return new Tnum(value & LOW, mask & LOW);
  }

  /// The upper 32 bits, in place.
  public Tnum high() {
    return new Tnum(value & ~LOW, mask & ~LOW);
  }

  /// This number's upper and another's lower 32 bits.
  public Tnum withLow(Tnum low) {
    return high().or(low.low());
  }

  public boolean lowIsConst() {
    return (mask & LOW) == 0;
  }

  /// Whether it is certainly a multiple of `size`, a power of two.
  public boolean isAligned(long size) {
    return ((value | mask) & (size - 1)) == 0;
  }

  /// As the kernel writes it: `(0x0; 0xff)`.
  @Override
  public String toString() {
    return "(0x" + Long.toHexString(value) + "; 0x" + Long.toHexString(mask) + ")";
  }
}
