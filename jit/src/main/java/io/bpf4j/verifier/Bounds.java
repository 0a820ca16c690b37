package io.bpf4j.verifier;

/// A [Range] being worked on: the same ten numbers, mutable, with the deductions between them.
/// 32-bit bounds are held in longs, unsigned ones as 0 to 2^32-1.
///
/// The five views (bits, u64, s64, u32, s32) are all true of the number at once, so each may narrow
/// the others. [#sync] lets them do so as often and in the order the kernel does
/// (kernel/bpf/verifier.c, reg_bounds_sync): a verifier that deduced more would accept what the
/// kernel refuses.
final class Bounds {
  static final long LOW = 0xffff_ffffL;
  static final long S32_MIN = Integer.MIN_VALUE;
  static final long S32_MAX = Integer.MAX_VALUE;

  Tnum bits = Tnum.UNKNOWN;
  long umin;
  long umax;
  long smin;
  long smax;
  long u32min;
  long u32max;
  long s32min;
  long s32max;

  Bounds() {
    unbounded();
  }

  static Bounds of(Range range) {
    Bounds bounds = new Bounds();
    bounds.set(range);
    return bounds;
  }

  void set(Range range) {
    bits = range.bits();
    umin = range.umin();
    umax = range.umax();
    smin = range.smin();
    smax = range.smax();
    u32min = range.u32min();
    u32max = range.u32max();
    s32min = range.s32min();
    s32max = range.s32max();
  }

  Range range() {
    return Range.of(this);
  }

  void known(long number) {
    bits = Tnum.constant(number);
    umin = umax = smin = smax = number;
    s32min = s32max = (int) number;
    u32min = u32max = number & LOW;
  }

  /// Keeps the upper half's bits.
  void lowKnown(long number) {
    bits = bits.withLow(Tnum.constant(number & LOW));
    s32min = s32max = (int) number;
    u32min = u32max = number & LOW;
  }

  void unknown() {
    bits = Tnum.UNKNOWN;
    unbounded();
  }

  void unbounded() {
    unbounded64();
    unbounded32();
  }

  void unbounded64() {
    unsignedUnbounded();
    signedUnbounded();
  }

  void unbounded32() {
    unsigned32Unbounded();
    signed32Unbounded();
  }

  void unsignedUnbounded() {
    umin = 0;
    umax = -1;
  }

  void signedUnbounded() {
    smin = Long.MIN_VALUE;
    smax = Long.MAX_VALUE;
  }

  void unsigned32Unbounded() {
    u32min = 0;
    u32max = LOW;
  }

  void signed32Unbounded() {
    s32min = S32_MIN;
    s32max = S32_MAX;
  }

  static long umin(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  static long umax(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  static boolean uless(long a, long b) {
    return Long.compareUnsigned(a, b) < 0;
  }

  /// Lets the views narrow each other.
  void sync() {
    boundsFromBits();
    deduce();
    deduce();
    deduce();
    bitsFromBounds();
    boundsFromBits();
  }

  void boundsFromBits() {
    boundsFromBits32();
    smin = Math.max(smin, bits.value() | (bits.mask() & Long.MIN_VALUE));
    smax = Math.min(smax, bits.value() | (bits.mask() & Long.MAX_VALUE));
    umin = umax(umin, bits.value());
    umax = umin(umax, bits.value() | bits.mask());
  }

  void boundsFromBits32() {
    int value = (int) bits.value();
    int mask = (int) bits.mask();
    s32min = Math.max(s32min, value | (mask & Integer.MIN_VALUE));
    s32max = Math.min(s32max, value | (mask & Integer.MAX_VALUE));
    u32min = Math.max(u32min, value & LOW);
    u32max = Math.min(u32max, (value | mask) & LOW);
  }

  private void bitsFromBounds() {
    Tnum all = bits.intersect(Tnum.range(umin, umax));
    Tnum low = all.low().intersect(Tnum.range(u32min, u32max));
    bits = all.high().or(low);
  }

  private void deduce() {
    deduce32();
    deduce64();
    deduceMixed();
  }

  /// The 32-bit bounds, from the 64-bit ones whose upper halves do not change over the interval,
  /// and from each other.
  private void deduce32() {
    if (umin >>> 32 == umax >>> 32) {
      u32min = Math.max(u32min, umin & LOW);
      u32max = Math.min(u32max, umax & LOW);
      signed32From(umin, umax);
    }
    if (smin >> 32 == smax >> 32) {
      if ((smin & LOW) <= (smax & LOW)) {
        u32min = Math.max(u32min, smin & LOW);
        u32max = Math.min(u32max, smax & LOW);
      }
      signed32From(smin, smax);
    }
    // Upper halves n and n+1, lower halves from negative to positive: one signed interval.
    crossing32From(umin, umax);
    crossing32From(smin, smax);
    if ((int) u32min <= (int) u32max) {
      s32min = Math.max(s32min, (int) u32min);
      s32max = Math.min(s32max, (int) u32max);
    }
    if ((s32min & LOW) <= (s32max & LOW)) {
      u32min = Math.max(s32min & LOW, u32min);
      u32max = Math.min(s32max & LOW, u32max);
    } else if (u32max < (s32min & LOW)) {
      s32min = (int) u32min;
      u32max = Math.min(u32max, s32max & LOW);
    } else if ((s32max & LOW) < u32min) {
      s32max = (int) u32max;
      u32min = Math.max(u32min, s32min & LOW);
    }
  }

  private void signed32From(long min, long max) {
    if ((int) min <= (int) max) {
      s32min = Math.max(s32min, (int) min);
      s32max = Math.min(s32max, (int) max);
    }
  }

  private void crossing32From(long min, long max) {
    if ((int) (min >> 32) + 1 == (int) (max >> 32) && (int) min < 0 && (int) max >= 0) {
      s32min = Math.max(s32min, (int) min);
      s32max = Math.min(s32max, (int) max);
    }
  }

  /// Signed from unsigned bounds and back, where an interval does not cross the sign boundary, or
  /// overlaps only one end of the other.
  private void deduce64() {
    if (umin <= umax) {
      smin = Math.max(smin, umin);
      smax = Math.min(smax, umax);
    }
    if (!uless(smax, smin)) {
      umin = umax(smin, umin);
      umax = umin(smax, umax);
    } else if (uless(umax, smin)) {
      smin = umin;
      umax = umin(umax, smax);
    } else if (uless(smax, umin)) {
      smax = umax;
      umin = umax(umin, smin);
    }
  }

  /// 64-bit bounds from 32-bit ones: the lower halves replaced on both sides.
  private void deduceMixed() {
    umin = umax(umin, (umin & ~LOW) | u32min);
    umax = umin(umax, (umax & ~LOW) | u32max);
    smin = Math.max(smin, (smin & ~LOW) | u32min);
    smax = Math.min(smax, (smax & ~LOW) | u32max);
    // After a sign extension the upper half is all ones or all zeroes; with a lower half that is
    // not negative it can only be zeroes.
    if (s32min >= 0 && smin >= S32_MIN && smax <= S32_MAX) {
      umin = smin = s32min;
      umax = smax = s32max;
      bits = bits.intersect(Tnum.range(smin, smax));
    }
  }

  /// A contradiction, as on a branch that cannot be taken, is forgotten rather than used.
  void dropContradiction() {
    boolean crossed = uless(umax, umin) || smin > smax || u32min > u32max || s32min > s32max;
    if (crossed || constOutOfStep() || lowConstOutOfStep()) {
      unbounded();
    }
  }

  private boolean constOutOfStep() {
    long number = bits.value();
    return bits.isConst() && (umin != number || umax != number || smin != number || smax != number);
  }

  private boolean lowConstOutOfStep() {
    long number = bits.value() & LOW;
    return bits.lowIsConst()
        && (u32min != number
            || u32max != number
            || s32min != (int) number
            || s32max != (int) number);
  }

  /// Zero-extends the lower half over the upper.
  void zeroExtend() {
    bits = bits.low();
    umin = u32min;
    umax = u32max;
    boolean positive = s32min >= 0 && s32max >= 0;
    smin = positive ? s32min : 0;
    smax = positive ? s32max : LOW;
  }

  /// The number cut to `size` bytes, 1, 2 or 4, and zero-extended.
  void truncate(int size) {
    bits = bits.truncate(size);
    long mask = (1L << (size * 8)) - 1;
    if ((umin & ~mask) == (umax & ~mask)) {
      umin &= mask;
      umax &= mask;
    } else {
      umin = 0;
      umax = mask;
    }
    smin = umin;
    smax = umax;
    if (size < 4) {
      unbounded32();
    }
    sync();
  }

  /// The lowest `size` bytes, 1, 2 or 4, sign-extended to 64 bits.
  void signExtend64(int size) {
    int width = size * 8;
    if (bits.isConst()) {
      known(extend(bits.value(), width));
      return;
    }
    if (smax >>> width == smin >>> width) {
      long a = extend(smax, width);
      long b = extend(smin, width);
      if ((a >= 0) == (b >= 0)) {
        smin = umin = Math.min(a, b);
        smax = umax = Math.max(a, b);
        s32min = (int) smin;
        s32max = (int) smax;
        u32min = smin & LOW;
        u32max = smax & LOW;
        bits = Tnum.range(smin, smax);
        return;
      }
    }
    smin = s32min = -(1L << (width - 1));
    smax = s32max = (1L << (width - 1)) - 1;
    unsignedUnbounded();
    unsigned32Unbounded();
    bits = Tnum.UNKNOWN;
  }

  /// The lowest `size` bytes, 1 or 2, sign-extended to 32 bits; the caller zero-extends.
  void signExtend32(int size) {
    int width = size * 8;
    if (bits.isConst()) {
      long number = extend(bits.value(), width);
      bits = Tnum.constant(number);
      s32min = s32max = (int) number;
      u32min = u32max = number & LOW;
      return;
    }
    if ((int) s32max >>> width == (int) s32min >>> width) {
      long a = extend(s32max, width);
      long b = extend(s32min, width);
      if ((a >= 0) == (b >= 0)) {
        s32min = Math.min(a, b);
        s32max = Math.max(a, b);
        u32min = s32min & LOW;
        u32max = s32max & LOW;
        bits = Tnum.range(s32min, s32max).low();
        return;
      }
    }
    s32min = -(1L << (width - 1));
    s32max = (1L << (width - 1)) - 1;
    unsigned32Unbounded();
    bits = Tnum.UNKNOWN.low();
  }

  private static long extend(long number, int width) {
    return (number << (64 - width)) >> (64 - width);
  }
}
