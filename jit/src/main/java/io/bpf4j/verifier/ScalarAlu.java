package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Width;

/// Arithmetic on numbers: what is known of a result from what is known of its operands, each view
/// by its own rule, then synchronised. Division and shifts by an unknown count yield an unknown
/// number, as in the kernel (kernel/bpf/verifier.c, adjust_scalar_min_max_vals).
final class ScalarAlu {
  private ScalarAlu() {}

  static Range apply(AluOp op, Width width, Range dst, Range src) {
    boolean narrow = width == Width.W32;
    if (!computable(op, narrow, src)) {
      return Range.UNKNOWN;
    }
    Bounds d = Bounds.of(dst);
    switch (op) {
      case ADD -> add(d, src);
      case SUB -> subtract(d, src);
      case MUL -> multiply(d, src);
      case AND -> and(d, src);
      case OR -> or(d, src);
      case XOR -> xor(d, src);
      case LSH -> shiftLeft(d, narrow, (int) src.value());
      case RSH -> shiftRight(d, narrow, (int) src.value());
      case ARSH -> shiftRightSigned(d, narrow, (int) src.value());
      default -> throw new IllegalStateException(op + " is not computable");
    }
    return finish(d, narrow);
  }

  /// `-dst`, computed as `0 - dst`.
  static Range negate(Width width, Range dst) {
    Bounds d = new Bounds();
    d.known(0);
    subtract(d, dst);
    return finish(d, width == Width.W32);
  }

  private static Range finish(Bounds d, boolean narrow) {
    if (narrow) {
      d.zeroExtend();
    }
    d.sync();
    d.dropContradiction();
    return d.range();
  }

  private static boolean computable(AluOp op, boolean narrow, Range src) {
    return switch (op) {
      case ADD, SUB, AND, XOR, OR, MUL -> true;
      case LSH, RSH, ARSH -> {
        boolean constant =
            narrow
                ? src.bits().lowIsConst()
                    && src.s32min() == src.s32max()
                    && src.u32min() == src.u32max()
                : src.isConst() && src.smin() == src.smax() && src.umin() == src.umax();
        yield constant && Bounds.uless(src.umax(), narrow ? 32 : 64);
      }
      default -> false;
    };
  }

  static void add(Bounds d, Range s) {
    addLow(d, s);
    addWhole(d, s);
    d.bits = d.bits.add(s.bits());
  }

  private static void addLow(Bounds d, Range s) {
    long min = d.s32min + s.s32min();
    long max = d.s32max + s.s32max();
    d.s32min = min;
    d.s32max = max;
    if (min != (int) min || max != (int) max) {
      d.signed32Unbounded();
    }
    long umin = d.u32min + s.u32min();
    long umax = d.u32max + s.u32max();
    d.u32min = umin & Bounds.LOW;
    d.u32max = umax & Bounds.LOW;
    // Either both ends wrap or none, else the interval is torn.
    if (umin <= Bounds.LOW && umax > Bounds.LOW) {
      d.unsigned32Unbounded();
    }
  }

  private static void addWhole(Bounds d, Range s) {
    long min = d.smin + s.smin();
    long max = d.smax + s.smax();
    boolean overflow =
        ((d.smin ^ min) & (s.smin() ^ min)) < 0 || ((d.smax ^ max) & (s.smax() ^ max)) < 0;
    d.smin = min;
    d.smax = max;
    if (overflow) {
      d.signedUnbounded();
    }
    long umin = d.umin + s.umin();
    long umax = d.umax + s.umax();
    boolean minWraps = Bounds.uless(umin, d.umin);
    boolean maxWraps = Bounds.uless(umax, d.umax);
    d.umin = umin;
    d.umax = umax;
    if (!minWraps && maxWraps) {
      d.unsignedUnbounded();
    }
  }

  private static void subtract(Bounds d, Range s) {
    long min32 = d.s32min - s.s32max();
    long max32 = d.s32max - s.s32min();
    d.s32min = min32;
    d.s32max = max32;
    if (min32 != (int) min32 || max32 != (int) max32) {
      d.signed32Unbounded();
    }
    long umin32 = d.u32min - s.u32max();
    long umax32 = d.u32max - s.u32min();
    d.u32min = umin32 & Bounds.LOW;
    d.u32max = umax32 & Bounds.LOW;
    if (umin32 < 0 && umax32 >= 0) {
      d.unsigned32Unbounded();
    }
    long min = d.smin - s.smax();
    long max = d.smax - s.smin();
    boolean overflow =
        ((d.smin ^ s.smax()) & (d.smin ^ min)) < 0 || ((d.smax ^ s.smin()) & (d.smax ^ max)) < 0;
    d.smin = min;
    d.smax = max;
    if (overflow) {
      d.signedUnbounded();
    }
    boolean minWraps = Bounds.uless(d.umin, s.umax());
    boolean maxWraps = Bounds.uless(d.umax, s.umin());
    d.umin -= s.umax();
    d.umax -= s.umin();
    if (minWraps && !maxWraps) {
      d.unsignedUnbounded();
    }
    d.bits = d.bits.subtract(s.bits());
  }

  private static void multiply(Bounds d, Range s) {
    d.bits = d.bits.multiply(s.bits());
    long umax32 = d.u32max * s.u32max();
    if (Long.compareUnsigned(umax32, Bounds.LOW) > 0) {
      d.unsigned32Unbounded();
    } else {
      d.u32max = umax32;
      d.u32min *= s.u32min();
    }
    long[] products = {
      d.s32min * s.s32min(), d.s32min * s.s32max(), d.s32max * s.s32min(), d.s32max * s.s32max()
    };
    d.s32min = min(products);
    d.s32max = max(products);
    if (d.s32min != (int) d.s32min || d.s32max != (int) d.s32max) {
      d.signed32Unbounded();
    }
    if (Math.unsignedMultiplyHigh(d.umax, s.umax()) != 0) {
      d.unsignedUnbounded();
    } else {
      d.umax *= s.umax();
      d.umin *= s.umin();
    }
    if (overflows(d.smin, s.smin())
        || overflows(d.smin, s.smax())
        || overflows(d.smax, s.smin())
        || overflows(d.smax, s.smax())) {
      d.signedUnbounded();
    } else {
      long[] whole = {d.smin * s.smin(), d.smin * s.smax(), d.smax * s.smin(), d.smax * s.smax()};
      d.smin = min(whole);
      d.smax = max(whole);
    }
  }

  private static boolean overflows(long a, long b) {
    return Math.multiplyHigh(a, b) != (a * b) >> 63;
  }

  private static long min(long[] four) {
    return Math.min(Math.min(four[0], four[1]), Math.min(four[2], four[3]));
  }

  private static long max(long[] four) {
    return Math.max(Math.max(four[0], four[1]), Math.max(four[2], four[3]));
  }

  private static void and(Bounds d, Range s) {
    boolean known = d.bits.isConst() && s.isConst();
    boolean lowKnown = d.bits.lowIsConst() && s.bits().lowIsConst();
    d.bits = d.bits.and(s.bits());
    if (lowKnown) {
      d.lowKnown(d.bits.value());
    } else {
      d.u32min = d.bits.value() & Bounds.LOW;
      d.u32max = Math.min(d.u32max, s.u32max());
      signedFromUnsigned32(d);
    }
    if (known) {
      d.known(d.bits.value());
    } else {
      d.umin = d.bits.value();
      d.umax = Bounds.umin(d.umax, s.umax());
      signedFromUnsigned(d);
    }
  }

  private static void or(Bounds d, Range s) {
    boolean known = d.bits.isConst() && s.isConst();
    boolean lowKnown = d.bits.lowIsConst() && s.bits().lowIsConst();
    d.bits = d.bits.or(s.bits());
    if (lowKnown) {
      d.lowKnown(d.bits.value());
    } else {
      d.u32min = Math.max(d.u32min, s.u32min());
      d.u32max = (d.bits.value() | d.bits.mask()) & Bounds.LOW;
      signedFromUnsigned32(d);
    }
    if (known) {
      d.known(d.bits.value());
    } else {
      d.umin = Bounds.umax(d.umin, s.umin());
      d.umax = d.bits.value() | d.bits.mask();
      signedFromUnsigned(d);
    }
  }

  private static void xor(Bounds d, Range s) {
    boolean known = d.bits.isConst() && s.isConst();
    boolean lowKnown = d.bits.lowIsConst() && s.bits().lowIsConst();
    d.bits = d.bits.xor(s.bits());
    if (lowKnown) {
      d.lowKnown(d.bits.value());
    } else {
      d.u32min = d.bits.value() & Bounds.LOW;
      d.u32max = (d.bits.value() | d.bits.mask()) & Bounds.LOW;
      signedFromUnsigned32(d);
    }
    if (known) {
      d.known(d.bits.value());
    } else {
      d.umin = d.bits.value();
      d.umax = d.bits.value() | d.bits.mask();
      signedFromUnsigned(d);
    }
  }

  private static void signedFromUnsigned32(Bounds d) {
    if ((int) d.u32min <= (int) d.u32max) {
      d.s32min = (int) d.u32min;
      d.s32max = (int) d.u32max;
    } else {
      d.signed32Unbounded();
    }
  }

  private static void signedFromUnsigned(Bounds d) {
    if (d.umin <= d.umax) {
      d.smin = d.umin;
      d.smax = d.umax;
    } else {
      d.signedUnbounded();
    }
    d.boundsFromBits();
  }

  private static void shiftLeft(Bounds d, boolean narrow, int count) {
    if (narrow) {
      shiftLeftLow(d, count);
      d.bits = d.bits.low().shiftLeft(count).low();
      d.unbounded64();
      d.boundsFromBits32();
      return;
    }
    // `<< 32` then `s>> 32` is how compilers extend a sign; the lower half tells the result's sign.
    d.smax = count == 32 && d.s32max >= 0 ? d.s32max << 32 : Long.MAX_VALUE;
    d.smin = count == 32 && d.s32min >= 0 ? d.s32min << 32 : Long.MIN_VALUE;
    if (Long.compareUnsigned(d.umax, 1L << (63 - count)) > 0) {
      d.unsignedUnbounded();
    } else {
      d.umin <<= count;
      d.umax <<= count;
    }
    shiftLeftLow(d, count);
    d.bits = d.bits.shiftLeft(count);
    d.boundsFromBits();
  }

  private static void shiftLeftLow(Bounds d, int count) {
    d.signed32Unbounded();
    if (count > 31 || d.u32max > 1L << (31 - count)) {
      d.unsigned32Unbounded();
    } else {
      d.u32min <<= count;
      d.u32max <<= count;
    }
  }

  private static void shiftRight(Bounds d, boolean narrow, int count) {
    if (narrow) {
      d.signed32Unbounded();
      d.bits = d.bits.low().shiftRight(count);
      d.u32min >>>= count;
      d.u32max >>>= count;
      d.unbounded64();
      d.boundsFromBits32();
    } else {
      d.signedUnbounded();
      d.bits = d.bits.shiftRight(count);
      d.umin >>>= count;
      d.umax >>>= count;
      d.unbounded32();
      d.boundsFromBits();
    }
  }

  private static void shiftRightSigned(Bounds d, boolean narrow, int count) {
    if (narrow) {
      d.s32min >>= count;
      d.s32max >>= count;
      d.bits = d.bits.low().shiftRightSigned(count, 32);
      d.unsigned32Unbounded();
      d.unbounded64();
      d.boundsFromBits32();
    } else {
      d.smin >>= count;
      d.smax >>= count;
      d.bits = d.bits.shiftRightSigned(count, 64);
      d.unsignedUnbounded();
      d.unbounded32();
      d.boundsFromBits();
    }
  }
}
