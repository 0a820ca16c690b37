package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;

/// Arithmetic with pointers (kernel/bpf/verifier.c, adjust_ptr_min_max_vals): a constant moves the
/// constant part of the offset, an unknown number the variable part, a difference of two pointers
/// is a number, and nothing else is allowed.
final class PointerAlu {
  private final Walk walk;

  PointerAlu(Walk walk) {
    this.walk = walk;
  }

  private RegState operand(Operand operand) {
    return switch (operand) {
      case Reg reg -> walk.state.reg(reg);
      case Imm(int number) -> Scalar.constant(number);
    };
  }

  /// Refuses an operation that has no meaning on what its operands are.
  void check(Precondition.Combinable c) {
    RegState dst = walk.state.reg(c.dst());
    RegState src = operand(c.src());
    int number = c.dst().ordinal();
    if (dst instanceof Pointer && src instanceof Pointer) {
      if (c.op() != AluOp.SUB) {
        throw prohibited("R%d pointer %s pointer prohibited".formatted(number, sign(c.op())));
      }
      return;
    }
    Pointer pointer = dst instanceof Pointer p ? p : src instanceof Pointer q ? q : null;
    if (pointer == null) {
      return;
    }
    Scalar scalar = (Scalar) (dst instanceof Pointer ? src : dst);
    if (contradicts(scalar.range())) {
      return;
    }
    if (c.width() == Width.W32) {
      if (c.op() != AluOp.SUB) {
        throw prohibited("R%d 32-bit pointer arithmetic prohibited".formatted(number));
      }
      return;
    }
    legal(c, pointer, scalar, dst instanceof Pointer);
  }

  private static void legal(
      Precondition.Combinable c, Pointer pointer, Scalar scalar, boolean pointerFirst) {
    int number = c.dst().ordinal();
    if (pointer.nullable()) {
      throw Refusal.access(
          Reason.MAYBE_NULL,
          "R%d pointer arithmetic on %s prohibited, null-check it first"
              .formatted(number, pointer.typeName()));
    }
    boolean nothing =
        pointer.kind() == PtrKind.MAP && scalar.range().isConst(0) && c.op() == AluOp.ADD;
    if (!pointer.kind().takesArithmetic() && !nothing) {
      throw prohibited(
          "R%d pointer arithmetic on %s prohibited".formatted(number, pointer.typeName()));
    }
    sane(scalar.range(), 0, pointer);
    sane(pointer.var(), pointer.off(), pointer);
    switch (c.op()) {
      case ADD -> {}
      case SUB -> {
        if (!pointerFirst) {
          throw prohibited("R%d tried to subtract pointer from scalar".formatted(number));
        }
        if (pointer.kind() == PtrKind.STACK) {
          throw prohibited("R%d subtraction from stack pointer prohibited".formatted(number));
        }
      }
      case AND, OR, XOR ->
          throw prohibited(
              "R%d bitwise operator %s on pointer prohibited".formatted(number, sign(c.op())));
      default ->
          throw prohibited(
              "R%d pointer arithmetic with %s operator prohibited".formatted(number, sign(c.op())));
    }
  }

  /// The kernel's messages know no signed division.
  private static String sign(AluOp op) {
    return switch (op) {
      case SDIV -> AluOp.DIV.spelling();
      case SMOD -> AluOp.MOD.spelling();
      default -> op.spelling();
    };
  }

  private static Refusal prohibited(String rule) {
    return Refusal.access(Reason.POINTER_ARITHMETIC, rule);
  }

  /// Bounds that contradict each other come from a branch that cannot be taken.
  private static boolean contradicts(Range range) {
    return (range.isConst() && (range.smin() != range.smax() || range.umin() != range.umax()))
        || range.smin() > range.smax()
        || Bounds.uless(range.umax(), range.umin());
  }

  /// Offsets that could overflow later sums are refused at once (check_reg_sane_offset).
  private static void sane(Range range, int off, Pointer pointer) {
    long limit = Memory.MAX_VAR_OFF;
    long value = range.value();
    if (range.isConst() && (value >= limit || value <= -limit)) {
      throw Refusal.invalid(
          Reason.POINTER_ARITHMETIC,
          "math between %s pointer and %d is not allowed".formatted(pointer.typeName(), value));
    }
    if (off >= limit || off <= -limit) {
      throw Refusal.invalid(
          Reason.POINTER_ARITHMETIC,
          "%s pointer offset %d is not allowed".formatted(pointer.typeName(), off));
    }
    if (range.smin() == Long.MIN_VALUE) {
      throw Refusal.invalid(
          Reason.POINTER_ARITHMETIC,
          "math between %s pointer and register with unbounded min value is not allowed"
              .formatted(pointer.typeName()));
    }
    if (range.smin() >= limit || range.smin() <= -limit) {
      throw Refusal.invalid(
          Reason.POINTER_ARITHMETIC,
          "value %d makes %s pointer be out of bounds".formatted(range.smin(), pointer.typeName()));
    }
  }

  /// The result of a legal operation of which at least one operand is a pointer.
  RegState apply(AluOp op, Width width, RegState dst, RegState src) {
    if (dst instanceof Pointer && src instanceof Pointer) {
      return Scalar.UNKNOWN;
    }
    Pointer pointer = (Pointer) (dst instanceof Pointer ? dst : src);
    Range number = ((Scalar) (dst instanceof Pointer ? src : dst)).range();
    if (contradicts(number) || width == Width.W32) {
      return Scalar.UNKNOWN;
    }
    return op == AluOp.ADD ? add(pointer, number) : subtract(pointer, number);
  }

  private Pointer add(Pointer p, Range n) {
    if (n.isConst() && p.off() + n.smin() == (int) (p.off() + n.smin())) {
      return movedBy(p, p.off() + (int) n.smin());
    }
    Bounds b = new Bounds();
    long smin = p.var().smin() + n.smin();
    long smax = p.var().smax() + n.smax();
    boolean overflow =
        ((p.var().smin() ^ smin) & (n.smin() ^ smin)) < 0
            || ((p.var().smax() ^ smax) & (n.smax() ^ smax)) < 0;
    if (!overflow) {
      b.smin = smin;
      b.smax = smax;
    }
    long umin = p.var().umin() + n.umin();
    long umax = p.var().umax() + n.umax();
    if (!Bounds.uless(umin, n.umin()) && !Bounds.uless(umax, n.umax())) {
      b.umin = umin;
      b.umax = umax;
    }
    b.bits = p.var().bits().add(n.bits());
    return moved(p, b, true);
  }

  private Pointer subtract(Pointer p, Range n) {
    if (n.isConst() && p.off() - n.smin() == (int) (p.off() - n.smin())) {
      return movedBy(p, p.off() - (int) n.smin());
    }
    Bounds b = new Bounds();
    long smin = p.var().smin() - n.smax();
    long smax = p.var().smax() - n.smin();
    boolean overflow =
        ((p.var().smin() ^ n.smax()) & (p.var().smin() ^ smin)) < 0
            || ((p.var().smax() ^ n.smin()) & (p.var().smax() ^ smax)) < 0;
    if (!overflow) {
      b.smin = smin;
      b.smax = smax;
    }
    if (!Bounds.uless(p.var().umin(), n.umax())) {
      b.umin = p.var().umin() - n.umax();
      b.umax = p.var().umax() - n.umin();
    }
    b.bits = p.var().bits().subtract(n.bits());
    return moved(p, b, n.smin() < 0);
  }

  /// A constant moves the constant part. Pointers carry no 32-bit bounds of their own.
  private static Pointer movedBy(Pointer p, int off) {
    sane(p.var(), off, p);
    Range var = p.var();
    if (!var.isConst()) {
      Bounds b = Bounds.of(var);
      b.unbounded32();
      b.sync();
      var = b.range();
    }
    return p.moved(off, var, p.id(), p.reach());
  }

  /// A packet pointer with a new variable part is a new base; when it may have moved forward,
  /// nothing is known to be there.
  private Pointer moved(Pointer p, Bounds b, boolean forward) {
    sane(b.range(), p.off(), p);
    b.sync();
    boolean packet = p.kind().isPacket();
    int id = packet ? walk.freshId() : p.id();
    int reach = packet && forward ? 0 : p.reach();
    return p.moved(p.off(), b.range(), id, reach);
  }
}
