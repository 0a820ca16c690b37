package io.bpf4j.verifier;

/// What is known of a number: its bits, and intervals of it as a u64, s64, u32 and s32, all true at
/// once.
///
/// @param bits the known bits
/// @param umin smallest value, unsigned
/// @param umax largest value, unsigned
/// @param smin smallest value, signed
/// @param smax largest value, signed
/// @param u32min smallest lower half, unsigned: 0 to 2^32-1
/// @param u32max largest lower half, unsigned
/// @param s32min smallest lower half, signed
/// @param s32max largest lower half, signed
public record Range(
    Tnum bits,
    long umin,
    long umax,
    long smin,
    long smax,
    long u32min,
    long u32max,
    long s32min,
    long s32max) {
  /// Any number.
  public static final Range UNKNOWN = new Bounds().range();

  private static final Range[] SMALL = new Range[257];

  static {
    for (int i = 0; i < SMALL.length; i++) {
      SMALL[i] = exactly(i - 128);
    }
  }

  /// The number itself.
  public static Range constant(long number) {
    return number >= -128 && number <= 128 ? SMALL[(int) number + 128] : exactly(number);
  }

  private static Range exactly(long number) {
    Bounds bounds = new Bounds();
    bounds.known(number);
    return of(bounds);
  }

  static Range of(Bounds b) {
    return new Range(
        b.bits, b.umin, b.umax, b.smin, b.smax, b.u32min, b.u32max, b.s32min, b.s32max);
  }

  public boolean isConst() {
    return bits.isConst();
  }

  /// Whether it is certainly this number.
  public boolean isConst(long number) {
    return bits.isConst(number);
  }

  /// The number, when [#isConst()].
  public long value() {
    return bits.value();
  }

  /// Whether the number, or its lower half when `low`, is known.
  boolean isConst(boolean low) {
    return low ? bits.lowIsConst() : bits.isConst();
  }

  long value(boolean low) {
    return low ? bits.value() & Bounds.LOW : bits.value();
  }

  /// How many bits the largest value needs.
  int width() {
    return 64 - Long.numberOfLeadingZeros(umax);
  }

  /// Whether everything this admits is admitted by `old` too.
  @SuppressWarnings("ReferenceEquality") // a shortcut
  boolean within(Range old) {
    return this == old
        || (!Bounds.uless(umin, old.umin)
            && !Bounds.uless(old.umax, umax)
            && old.smin <= smin
            && old.smax >= smax
            && old.u32min <= u32min
            && old.u32max >= u32max
            && old.s32min <= s32min
            && old.s32max >= s32max
            && old.bits.covers(bits));
  }

  /// Whether a number is admitted: the soundness tests ask.
  public boolean admits(long number) {
    return ((number ^ bits.value()) & ~bits.mask()) == 0
        && !Bounds.uless(number, umin)
        && !Bounds.uless(umax, number)
        && smin <= number
        && number <= smax
        && u32min <= (number & Bounds.LOW)
        && (number & Bounds.LOW) <= u32max
        && s32min <= (int) number
        && (int) number <= s32max;
  }
}
