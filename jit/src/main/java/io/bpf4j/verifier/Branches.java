package io.bpf4j.verifier;

import io.bpf4j.isa.JmpOp;

/// Comparisons of numbers: whether one is decided, and what each outcome tells
/// (kernel/bpf/verifier.c, is_scalar_branch_taken and regs_refine_cond_op).
final class Branches {
  static final int TAKEN = 1;
  static final int NOT_TAKEN = 0;
  static final int EITHER = -1;

  private Branches() {}

  /// The condition with its operands exchanged.
  static JmpOp flip(JmpOp op) {
    return switch (op) {
      case JGE -> JmpOp.JLE;
      case JGT -> JmpOp.JLT;
      case JLE -> JmpOp.JGE;
      case JLT -> JmpOp.JGT;
      case JSGE -> JmpOp.JSLE;
      case JSGT -> JmpOp.JSLT;
      case JSLE -> JmpOp.JSGE;
      case JSLT -> JmpOp.JSGT;
      case JEQ, JNE, JSET -> op;
    };
  }

  static int decide(JmpOp op, Range a, Range b, boolean narrow) {
    Tnum t1 = narrow ? a.bits().low() : a.bits();
    Tnum t2 = narrow ? b.bits().low() : b.bits();
    return switch (op) {
      case JEQ -> equal(a, b, t1, t2, narrow);
      case JNE -> {
        int equal = equal(a, b, t1, t2, narrow);
        yield equal == EITHER ? EITHER : 1 - equal;
      }
      case JSET -> bitsSet(a, b, t1, t2, narrow);
      case JGT -> above(a, b, narrow, false);
      case JGE -> not(above(b, a, narrow, false));
      case JLT -> above(b, a, narrow, false);
      case JLE -> not(above(a, b, narrow, false));
      case JSGT -> above(a, b, narrow, true);
      case JSGE -> not(above(b, a, narrow, true));
      case JSLT -> above(b, a, narrow, true);
      case JSLE -> not(above(a, b, narrow, true));
    };
  }

  private static int not(int outcome) {
    return outcome == EITHER ? EITHER : 1 - outcome;
  }

  private static int equal(Range a, Range b, Tnum t1, Tnum t2, boolean narrow) {
    if (t1.isConst() && t2.isConst()) {
      return t1.value() == t2.value() ? TAKEN : NOT_TAKEN;
    }
    if (!t1.overlaps(t2) || apart32(a, b) || (!narrow && apart64(a, b))) {
      return NOT_TAKEN;
    }
    return EITHER;
  }

  private static boolean apart32(Range a, Range b) {
    return a.u32min() > b.u32max()
        || a.u32max() < b.u32min()
        || a.s32min() > b.s32max()
        || a.s32max() < b.s32min();
  }

  private static boolean apart64(Range a, Range b) {
    return Bounds.uless(b.umax(), a.umin())
        || Bounds.uless(a.umax(), b.umin())
        || a.smin() > b.smax()
        || a.smax() < b.smin();
  }

  private static int bitsSet(Range a, Range b, Tnum t1, Tnum t2, boolean narrow) {
    Tnum number = b.isConst(narrow) ? t1 : t2;
    Tnum mask = b.isConst(narrow) ? t2 : t1;
    if (!b.isConst(narrow) && !a.isConst(narrow)) {
      return EITHER;
    }
    if ((number.value() & ~number.mask() & mask.value()) != 0) {
      return TAKEN;
    }
    return ((number.mask() | number.value()) & mask.value()) == 0 ? NOT_TAKEN : EITHER;
  }

  /// `a > b`.
  private static int above(Range a, Range b, boolean narrow, boolean signed) {
    boolean always;
    boolean never;
    if (narrow) {
      always = signed ? a.s32min() > b.s32max() : a.u32min() > b.u32max();
      never = signed ? a.s32max() <= b.s32min() : a.u32max() <= b.u32min();
    } else {
      always = signed ? a.smin() > b.smax() : Bounds.uless(b.umax(), a.umin());
      never = signed ? a.smax() <= b.smin() : !Bounds.uless(b.umin(), a.umax());
    }
    return always ? TAKEN : never ? NOT_TAKEN : EITHER;
  }

  /// Narrows two numbers by the outcome of a comparison of them. A register compared with itself is
  /// one object twice; as in the kernel, that is not decided, and narrows it from both ends.
  static void refine(JmpOp op, boolean outcome, Bounds a, Bounds b, boolean narrow) {
    switch (op) {
      case JEQ -> refineEqual(outcome, a, b, narrow);
      case JNE -> refineEqual(!outcome, a, b, narrow);
      case JSET -> refineBits(outcome, a, b, narrow);
      case JGT -> refineOrder(outcome, b, a, narrow, false);
      case JLT -> refineOrder(outcome, a, b, narrow, false);
      case JGE -> refineOrder(!outcome, a, b, narrow, false);
      case JLE -> refineOrder(!outcome, b, a, narrow, false);
      case JSGT -> refineOrder(outcome, b, a, narrow, true);
      case JSLT -> refineOrder(outcome, a, b, narrow, true);
      case JSGE -> refineOrder(!outcome, a, b, narrow, true);
      case JSLE -> refineOrder(!outcome, b, a, narrow, true);
    }
    a.sync();
    b.sync();
    a.dropContradiction();
    b.dropContradiction();
  }

  /// `a < b`, or, when not `less`, `b <= a`.
  private static void refineOrder(
      boolean less, Bounds a, Bounds b, boolean narrow, boolean signed) {
    if (!less) {
      atMost(b, a, narrow, signed, 0);
    } else {
      atMost(a, b, narrow, signed, 1);
    }
  }

  /// `a + gap <= b`.
  private static void atMost(Bounds a, Bounds b, boolean narrow, boolean signed, long gap) {
    if (narrow && signed) {
      a.s32max = Math.min(a.s32max, (int) (b.s32max - gap));
      b.s32min = Math.max((int) (a.s32min + gap), b.s32min);
    } else if (narrow) {
      a.u32max = Math.min(a.u32max, (b.u32max - gap) & Bounds.LOW);
      b.u32min = Math.max((a.u32min + gap) & Bounds.LOW, b.u32min);
    } else if (signed) {
      a.smax = Math.min(a.smax, b.smax - gap);
      b.smin = Math.max(a.smin + gap, b.smin);
    } else {
      a.umax = Bounds.umin(a.umax, b.umax - gap);
      b.umin = Bounds.umax(a.umin + gap, b.umin);
    }
  }

  private static void refineEqual(boolean equal, Bounds a, Bounds b, boolean narrow) {
    if (!equal) {
      if (isConst(b, narrow)) {
        trimEdge(a, b, narrow);
      } else if (isConst(a, narrow)) {
        trimEdge(b, a, narrow);
      }
      return;
    }
    if (narrow) {
      a.u32min = b.u32min = Math.max(a.u32min, b.u32min);
      a.u32max = b.u32max = Math.min(a.u32max, b.u32max);
      a.s32min = b.s32min = Math.max(a.s32min, b.s32min);
      a.s32max = b.s32max = Math.min(a.s32max, b.s32max);
      Tnum low = a.bits.low().intersect(b.bits.low());
      a.bits = a.bits.withLow(low);
      b.bits = b.bits.withLow(low);
    } else {
      a.umin = b.umin = Bounds.umax(a.umin, b.umin);
      a.umax = b.umax = Bounds.umin(a.umax, b.umax);
      a.smin = b.smin = Math.max(a.smin, b.smin);
      a.smax = b.smax = Math.min(a.smax, b.smax);
      a.bits = b.bits = a.bits.intersect(b.bits);
    }
  }

  private static boolean isConst(Bounds bounds, boolean narrow) {
    return narrow ? bounds.bits.lowIsConst() : bounds.bits.isConst();
  }

  /// A number that is not the constant, when the constant is an end of one of its intervals.
  private static void trimEdge(Bounds a, Bounds constant, boolean narrow) {
    long number = constant.bits.value();
    if (narrow) {
      long unsigned = number & Bounds.LOW;
      long signed = (int) number;
      a.u32min += a.u32min == unsigned ? 1 : 0;
      a.u32max -= a.u32max == unsigned ? 1 : 0;
      a.s32min += a.s32min == signed ? 1 : 0;
      a.s32max -= a.s32max == signed ? 1 : 0;
    } else {
      a.umin += a.umin == number ? 1 : 0;
      a.umax -= a.umax == number ? 1 : 0;
      a.smin += a.smin == number ? 1 : 0;
      a.smax -= a.smax == number ? 1 : 0;
    }
  }

  private static void refineBits(boolean set, Bounds a, Bounds b, boolean narrow) {
    Bounds number = isConst(b, narrow) ? a : b;
    Bounds constant = isConst(b, narrow) ? b : a;
    if (!isConst(constant, narrow)) {
      return;
    }
    long mask = narrow ? constant.bits.value() & Bounds.LOW : constant.bits.value();
    if (!set) {
      // The intervals are forgotten first, lest they contradict the bits on a dead branch.
      number.unbounded();
      Tnum clear = Tnum.constant(~mask);
      number.bits =
          narrow ? number.bits.withLow(number.bits.low().and(clear)) : number.bits.and(clear);
    } else if (Long.bitCount(mask) == 1) {
      Tnum one = Tnum.constant(mask);
      number.bits = narrow ? number.bits.withLow(number.bits.low().or(one)) : number.bits.or(one);
    }
  }
}
