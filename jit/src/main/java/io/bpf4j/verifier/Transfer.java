package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;

/// What an instruction whose preconditions hold does to the state, and where the path goes on.
/// Arithmetic and memory stand here; jumps, helper calls and functions have classes of their own.
final class Transfer {
  private final Walk walk;
  private final PointerAlu pointers;
  private final StackAccess stack;
  private final JumpTransfer jumps;
  private final CallTransfer calls;
  private final FunctionTransfer functions;

  Transfer(Walk walk) {
    this.walk = walk;
    this.pointers = new PointerAlu(walk);
    this.stack = new StackAccess(walk);
    this.jumps = new JumpTransfer(walk);
    this.functions = new FunctionTransfer(walk);
    this.calls = new CallTransfer(walk, stack, functions);
  }

  /// Moves the walked state over the instruction; true when the path ends.
  boolean apply(int pc, Insn insn) {
    switch (insn) {
      case Insn.Alu alu -> alu(alu);
      case Insn.Mov mov -> move(mov);
      case Insn.MovSx mov -> moveExtended(mov);
      case Insn.Neg neg -> negate(neg);
      case Insn.Swap swap -> swap(swap);
      case Insn.LoadImm64 load -> walk.state.set(load.dst(), wide(pc, load));
      case Insn.Load load ->
          load(pc, load.dst(), load.base(), load.offset(), load.size().bytes(), load.signed());
      case Insn.LoadAcquire load ->
          load(pc, load.dst(), load.base(), load.offset(), load.size().bytes(), false);
      case Insn.Store store ->
          store(pc, store.base(), store.offset(), store.size().bytes(), store.src());
      case Insn.StoreRelease store ->
          store(pc, store.base(), store.offset(), store.size().bytes(), store.src());
      case Insn.Atomic atomic -> atomic(pc, atomic);
      case Insn.LegacyLoad _ -> {
        walk.state.clobberCallerSaved();
        walk.state.set(Reg.R0, Scalar.UNKNOWN);
        if (functions.leaveEarly(pc, Scalar.constant(0))) {
          return false;
        }
      }
      case Insn.Jump jump -> {
        walk.jumpsProcessed++;
        jumps.jump(pc, jump);
        return false;
      }
      case Insn.MayGoto(short offset) -> {
        walk.jumpsProcessed++;
        jumps.mayGoto(pc, pc + 1 + offset);
        return false;
      }
      case Insn.Goto(int offset, boolean _) -> {
        walk.jumpsProcessed++;
        walk.state.pc = pc + 1 + offset;
        return false;
      }
      case Insn.CallHelper(int id) -> {
        walk.jumpsProcessed++;
        calls.helper(pc, id);
        if (id == Helpers.TAIL_CALL && functions.leaveEarly(pc, Scalar.UNKNOWN)) {
          return false;
        }
      }
      case Insn.CallLocal(int offset) -> {
        walk.jumpsProcessed++;
        if (functions.call(pc, pc + 1 + offset)) {
          return false;
        }
      }
      case Insn.Exit() -> {
        walk.jumpsProcessed++;
        return functions.exit();
      }
      case Insn.CallKfunc _, Insn.CallReg _, Insn.AddrSpaceCast _ ->
          throw new IllegalStateException("no state passes the preconditions of " + insn);
    }
    walk.advance(pc);
    return false;
  }

  private RegState operand(Operand operand) {
    return switch (operand) {
      case Reg reg -> walk.state.reg(reg);
      case Imm(int number) -> Scalar.constant(number);
    };
  }

  private void alu(Insn.Alu alu) {
    RegState dst = walk.state.reg(alu.dst());
    RegState src = operand(alu.src());
    if (dst instanceof Pointer || src instanceof Pointer) {
      if (dst instanceof Scalar) {
        walk.markPrecise(alu.dst());
      } else if (src instanceof Scalar && alu.src() instanceof Reg reg) {
        walk.markPrecise(reg);
      }
      walk.state.set(
          alu.dst(),
          pointers.apply(alu.op(), alu.width(), walk.state.reg(alu.dst()), operand(alu.src())));
      return;
    }
    Scalar number = (Scalar) dst;
    Range other = ((Scalar) src).range();
    if (number.precise() && alu.src() instanceof Reg reg) {
      walk.markPrecise(reg);
      number = (Scalar) walk.state.reg(alu.dst());
    }
    Range result = ScalarAlu.apply(alu.op(), alu.width(), number.range(), other);
    walk.state.set(alu.dst(), linked(alu, number, other, result));
  }

  /// `r1 = r2; r1 += 8` keeps the tie between the two, with the distance; at 32 bits when there is
  /// no upper half that would be lost.
  private static Scalar linked(Insn.Alu alu, Scalar number, Range other, Range result) {
    boolean narrow = alu.width() == Width.W32;
    boolean sum = alu.op() == AluOp.ADD || alu.op() == AluOp.SUB;
    Scalar cut = new Scalar(result, 0, 0, number.precise());
    if (!sum
        || number.id() == 0
        || (number.id() & Scalar.ADD_CONST) != 0
        || !other.isConst(narrow)
        || (narrow && number.range().width() > 32)) {
      return cut;
    }
    long value = narrow ? (int) other.value() : other.value();
    long off = alu.op() == AluOp.ADD ? value : -value;
    if (value != (int) value || off != (int) off) {
      return cut;
    }
    int flag = narrow ? Scalar.ADD_CONST32 : Scalar.ADD_CONST64;
    return new Scalar(result, number.id() | flag, (int) off, number.precise());
  }

  /// Bytes in another order: known bits move along, intervals are lost.
  private void swap(Insn.Swap swap) {
    if (!(walk.state.reg(swap.dst()) instanceof Scalar s)) {
      walk.state.set(swap.dst(), Scalar.UNKNOWN);
      return;
    }
    Bounds b = Bounds.of(s.range());
    boolean exchanges = swap.order() != Insn.Swap.Order.LE;
    if (exchanges) {
      b.bits = b.bits.swapBytes(swap.bits());
      b.unbounded();
    }
    if (swap.bits() < 64) {
      b.truncate(swap.bits() / 8);
    }
    b.sync();
    b.dropContradiction();
    Scalar result = s.withRange(b.range());
    walk.state.set(swap.dst(), exchanges || swap.bits() < 64 ? result.withoutId() : result);
  }

  private void move(Insn.Mov mov) {
    if (mov.src() instanceof Imm(int number)) {
      long value = mov.width() == Width.W64 ? number : Integer.toUnsignedLong(number);
      walk.state.set(mov.dst(), Scalar.constant(value));
      return;
    }
    Reg src = (Reg) mov.src();
    Frame frame = walk.state.frame();
    if (mov.width() == Width.W64) {
      walk.tie(frame, src);
      frame.set(mov.dst(), frame.reg(src));
      return;
    }
    if (frame.reg(src) instanceof Scalar s) {
      boolean whole = s.range().width() <= 32;
      if (whole) {
        walk.tie(frame, src);
      }
      Scalar copy = (Scalar) frame.reg(src);
      Scalar result = zeroExtended(copy);
      frame.set(mov.dst(), whole ? result : result.withoutId());
    } else {
      frame.set(mov.dst(), zeroExtended(Scalar.UNKNOWN));
    }
  }

  private static Scalar zeroExtended(Scalar s) {
    Bounds b = Bounds.of(s.range());
    b.zeroExtend();
    b.sync();
    b.dropContradiction();
    return s.withRange(b.range());
  }

  private void moveExtended(Insn.MovSx mov) {
    Frame frame = walk.state.frame();
    int size = mov.from().bytes();
    if (!(frame.reg(mov.src()) instanceof Scalar s)) {
      frame.set(
          mov.dst(), mov.width() == Width.W64 ? Scalar.UNKNOWN : zeroExtended(Scalar.UNKNOWN));
      return;
    }
    // A number whose sign bit at that size is known to be clear stays what it is.
    boolean same = Bounds.uless(s.range().umax(), 1L << (8 * size - 1));
    if (same) {
      walk.tie(frame, mov.src());
    }
    Scalar copy = (Scalar) frame.reg(mov.src());
    Bounds b = Bounds.of(copy.range());
    if (mov.width() == Width.W64) {
      b.signExtend64(size);
    } else {
      b.signExtend32(size);
      b.zeroExtend();
      b.sync();
    }
    b.dropContradiction();
    Scalar result = copy.withRange(b.range());
    frame.set(mov.dst(), same ? result : result.withoutId());
  }

  private void negate(Insn.Neg neg) {
    RegState reg = walk.state.reg(neg.dst());
    walk.state.set(
        neg.dst(),
        reg instanceof Scalar s
            ? new Scalar(ScalarAlu.negate(neg.width(), s.range()), 0, 0, s.precise())
            : Scalar.UNKNOWN);
  }

  private RegState wide(int pc, Insn.LoadImm64 load) {
    return switch (load.source()) {
      case IMM -> Scalar.constant(load.imm());
      case FUNC -> function(pc + 1 + load.low());
      case MAP_IDX -> Pointer.toMap(PtrKind.MAP, map(load));
      case MAP_IDX_VALUE -> {
        Pointer value = Pointer.toMap(PtrKind.MAP_VALUE, map(load));
        yield value.moved(load.high(), value.var(), 0, 0);
      }
      case BTF_ID -> throw new Beyond("a kernel variable by BTF id");
      case MAP_FD, MAP_VALUE -> throw new Beyond("a map by file descriptor");
    };
  }

  private RegState function(int start) {
    if (walk.subject.funcs().isEmpty()) {
      throw Refusal.invalid(Reason.ARGUMENT, "missing btf func_info");
    }
    int subprog = walk.cfg.subprogAt(start);
    if (walk.subject.funcs().get(subprog).global()) {
      throw Refusal.invalid(Reason.ARGUMENT, "callback function not static");
    }
    return Pointer.toFunc(subprog);
  }

  private MapDef map(Insn.LoadImm64 load) {
    return walk.subject.maps().get(load.low());
  }

  private void load(int pc, Reg dst, Reg base, int off, int size, boolean signed) {
    Pointer p = (Pointer) walk.state.reg(base);
    walk.facts.usedAs(pc, p);
    RegState value = loaded(p, off, size, signed, true);
    walk.state.set(dst, sized(value, size, signed));
  }

  /// Loads of fewer than 8 bytes are zero- or sign-extended.
  private static RegState sized(RegState value, int size, boolean signed) {
    if (size == 8 || !(value instanceof Scalar s)) {
      return value;
    }
    Bounds b = Bounds.of(s.range());
    if (signed) {
      boolean same = Bounds.uless(s.range().umax(), 1L << (8 * size - 1));
      b.signExtend64(size);
      b.dropContradiction();
      Scalar result = s.withRange(b.range());
      return same ? result : result.withoutId();
    }
    b.truncate(size);
    b.dropContradiction();
    return s.withRange(b.range());
  }

  private RegState loaded(Pointer p, int off, int size, boolean signed, boolean toRegister) {
    return switch (p.kind()) {
      case STACK -> stack.load(p, off, size, toRegister);
      case CTX -> fromContext(p.off() + off, size, signed);
      case MAP_VALUE -> fromMap(p, off, size, signed);
      default -> Scalar.UNKNOWN;
    };
  }

  private RegState fromContext(int off, int size, boolean signed) {
    String kind = walk.prog.read(off, size, signed);
    Pointer pointer =
        switch (kind == null ? "" : kind) {
          case "scalar" -> null;
          case "pkt" -> Pointer.to(PtrKind.PACKET);
          case "pkt_end" -> Pointer.to(PtrKind.PACKET_END);
          case "pkt_meta" -> Pointer.to(PtrKind.PACKET_META);
          case "sock" -> Pointer.to(PtrKind.SOCK);
          case "sock_or_null" -> nullable(PtrKind.SOCK);
          case "sock_common_or_null" -> nullable(PtrKind.SOCK_COMMON);
          default -> throw new IllegalStateException("a context yields " + kind);
        };
    return pointer == null ? Scalar.UNKNOWN : pointer;
  }

  private Pointer nullable(PtrKind kind) {
    return Pointer.to(kind).withFlags(Pointer.NULLABLE).withId(walk.freshId());
  }

  /// Frozen read-only data are constants.
  private static RegState fromMap(Pointer p, int off, int size, boolean signed) {
    byte[] contents = p.mapDef().contents();
    if (contents == null || !p.var().isConst()) {
      return Scalar.UNKNOWN;
    }
    long at = (long) p.off() + off + p.var().value();
    if (at < 0 || at + size > contents.length) {
      return Scalar.constant(0);
    }
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = (value << 8) | Byte.toUnsignedLong(contents[(int) at + i]);
    }
    int shift = 64 - 8 * size;
    return Scalar.constant(signed ? (value << shift) >> shift : value);
  }

  private void store(int pc, Reg base, int off, int size, Operand src) {
    Pointer p = (Pointer) walk.state.reg(base);
    walk.facts.usedAs(pc, p);
    if (p.kind() == PtrKind.STACK) {
      stack.store(
          p, off, size, src instanceof Reg reg ? reg : null, src instanceof Imm imm ? imm : null);
    }
  }

  private void atomic(int pc, Insn.Atomic atomic) {
    Pointer p = (Pointer) walk.state.reg(atomic.base());
    walk.facts.usedAs(pc, p);
    int size = atomic.size().bytes();
    RegState old = loaded(p, atomic.offset(), size, false, false);
    if (atomic.fetch()) {
      old = sized(loaded(p, atomic.offset(), size, false, true), size, false);
    }
    if (p.kind() == PtrKind.STACK) {
      stack.store(p, atomic.offset(), size, null, null);
    }
    if (atomic.fetch()) {
      walk.state.set(atomic.op() == AtomicOp.CMPXCHG ? Reg.R0 : atomic.src(), old);
    }
  }
}
