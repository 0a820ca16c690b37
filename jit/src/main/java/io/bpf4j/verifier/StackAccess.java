package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Reg;
import org.jspecify.annotations.Nullable;

/// What loads and stores do to the abstract stack: registers are spilled and filled, bytes become
/// rubbish or zero (kernel/bpf/verifier.c, check_stack_write_fixed_off and its kin). Bounds and
/// alignment were checked.
final class StackAccess {
  private final Walk walk;

  StackAccess(Walk walk) {
    this.walk = walk;
  }

  /// Stores a register, an immediate, or, when both are null, something unknown.
  void store(
      Pointer p, int instructionOff, int size, @Nullable Reg valueReg, @Nullable Imm valueImm) {
    Frame target = walk.state.frameOf(p);
    int off = p.off() + instructionOff;
    if (p.var().isConst()) {
      storeAt(target, off + (int) p.var().value(), size, valueReg, valueImm);
    } else {
      storeSomewhere(target, p, off, size, valueReg, valueImm);
    }
  }

  private void storeAt(
      Frame target, int off, int size, @Nullable Reg valueReg, @Nullable Imm valueImm) {
    int index = Frame.slotOf(off);
    boolean slotStart = off % StackSlot.BYTES == 0;
    if (slotStart && size == StackSlot.BYTES) {
      walk.stackLiveness.write(target.depth, index);
    }
    RegState value = valueReg == null ? NotInit.NOT_INIT : walk.state.reg(valueReg);
    int access = History.access(target.depth, index);
    if (valueReg != null && slotStart && value instanceof Scalar s) {
      boolean fits = s.range().width() <= 8 * size;
      if (fits) {
        walk.tie(walk.state.frame(), valueReg);
      }
      Scalar now = (Scalar) walk.state.reg(valueReg);
      target.stack[index] = target.stack[index].spill(fits ? now : now.withoutId(), size);
    } else if (valueImm != null && slotStart) {
      target.stack[index] = target.stack[index].spill(Scalar.constant(valueImm.value()), size);
    } else if (value instanceof Pointer pointer) {
      if (size != StackSlot.BYTES) {
        throw Refusal.access(Reason.ACCESS, "invalid size of register spill");
      }
      if (target != walk.state.frame() && pointer.kind() == PtrKind.STACK) {
        throw Refusal.invalid(
            Reason.ACCESS, "cannot spill pointers to stack into stack frame of the caller");
      }
      target.stack[index] = target.stack[index].spill(pointer, size);
    } else {
      storeBytes(target, off, size, value, valueReg, valueImm);
      return;
    }
    walk.pushHistory(access, false, false, History.NONE);
  }

  private void storeBytes(
      Frame target,
      int off,
      int size,
      RegState value,
      @Nullable Reg valueReg,
      @Nullable Imm valueImm) {
    int index = Frame.slotOf(off);
    StackSlot slot = target.stack[index];
    slot = slot.isSpilled() ? slot.scrubbed() : slot.withSpilled(NotInit.NOT_INIT);
    int type = StackSlot.MISC;
    if (value.isNull() && valueReg != null) {
      walk.markPrecise(valueReg);
      type = StackSlot.ZERO;
    } else if (valueImm != null && valueImm.value() == 0) {
      type = StackSlot.ZERO;
    }
    for (int i = 0; i < size; i++) {
      slot = slot.withType((-off - 1 - i) % StackSlot.BYTES, type);
    }
    target.stack[index] = slot;
  }

  /// A store at a variable offset may hit any byte of its range: spilled registers there are lost,
  /// and bytes count as written.
  private void storeSomewhere(
      Frame target, Pointer p, int off, int size, @Nullable Reg valueReg, @Nullable Imm valueImm) {
    boolean zero =
        valueReg != null
            ? walk.state.reg(valueReg).isNull()
            : valueImm != null && valueImm.value() == 0;
    boolean zeroUsed = false;
    int min = (int) (p.var().smin() + off);
    int max = (int) (p.var().smax() + off + size);
    for (int i = min; i < max; i++) {
      int index = Frame.slotOf(i);
      StackSlot slot = target.stack[index];
      int byteIndex = (-i - 1) % StackSlot.BYTES;
      int type = slot.type(byteIndex);
      if (zero && type == StackSlot.SPILL && slot.isSpilledScalar() && slot.spilled().isNull()) {
        zeroUsed = true;
        continue;
      }
      boolean staysZero = zero && type == StackSlot.ZERO;
      zeroUsed |= staysZero;
      StackSlot cleared = slot.isSpilled() ? slot.scrubbed() : slot.withSpilled(NotInit.NOT_INIT);
      target.stack[index] =
          cleared.withType(byteIndex, staysZero ? StackSlot.ZERO : StackSlot.MISC);
    }
    if (zeroUsed && valueReg != null) {
      walk.markPrecise(valueReg);
    }
  }

  /// What a load yields, before it is cut to its size and extended.
  ///
  /// @param toRegister false when the value goes nowhere, as the read half of an atomic operation
  RegState load(Pointer p, int instructionOff, int size, boolean toRegister) {
    Frame source = walk.state.frameOf(p);
    int off = p.off() + instructionOff;
    if (p.var().isConst()) {
      return loadAt(source, off + (int) p.var().value(), size, toRegister);
    }
    if (!toRegister) {
      throw Refusal.access(
          Reason.ACCESS,
          "variable offset stack pointer cannot be passed into helper function; var_off=%s off=%d"
                  .formatted(p.var().bits(), off)
              + " size="
              + size);
    }
    int min = (int) (p.var().smin() + off);
    int max = (int) (p.var().smax() + off) + size;
    for (int i = min; i < max; i++) {
      walk.stackLiveness.read(walk.state, source.depth, Frame.slotOf(i));
    }
    return fromBytes(source, min, max);
  }

  private static RegState fromBytes(Frame source, int min, int max) {
    for (int i = min; i < max; i++) {
      if (source.byteType(i) != StackSlot.ZERO) {
        return Scalar.UNKNOWN;
      }
    }
    return Scalar.constant(0);
  }

  private RegState loadAt(Frame source, int off, int size, boolean toRegister) {
    int index = Frame.slotOf(off);
    StackSlot slot = source.stack[index];
    int access = History.access(source.depth, index);
    walk.stackLiveness.read(walk.state, source.depth, index);
    if (!slot.isSpilled()) {
      return fromBytes(source, off, off + size);
    }
    int spillSize = 1;
    for (int i = StackSlot.BYTES - 1; i > 0 && slot.type(i - 1) == StackSlot.SPILL; i--) {
      spillSize++;
    }
    RegState result = slot.spilled();
    if (size != StackSlot.BYTES || spillSize != StackSlot.BYTES) {
      if (!(slot.spilled() instanceof Scalar s)) {
        throw Refusal.access(Reason.ACCESS, "invalid size of register fill");
      }
      if (!toRegister) {
        return s;
      }
      if (size <= spillSize && off % StackSlot.BYTES == 0) {
        result = s.range().width() > 8 * size ? s.withoutId() : s;
      } else {
        boolean all = true;
        for (int i = off; i < off + size; i++) {
          all &= source.byteType(i) == StackSlot.SPILL;
        }
        if (!all || !s.range().isConst(0)) {
          // Not the register that was spilled: nothing for the history.
          return fromBytes(source, off, off + size);
        }
        result = Scalar.constant(0);
      }
    }
    walk.pushHistory(access, false, false, History.NONE);
    return result;
  }

  /// Checks memory on the stack that a helper reads or writes; bytes it may write become rubbish.
  void helperRange(Pointer p, long size, boolean write) {
    Frame target = walk.state.frameOf(p);
    int off = p.off();
    int min = (int) (p.var().isConst() ? p.var().value() + off : p.var().smin() + off);
    int max = (int) (p.var().isConst() ? p.var().value() + off : p.var().smax() + off);
    for (int i = min; i < max + size; i++) {
      int index = Frame.slotOf(i);
      int type = target.byteType(i);
      StackSlot slot = target.stack[index];
      if (type != StackSlot.MISC && write) {
        if (type == StackSlot.ZERO || type == StackSlot.INVALID) {
          target.setByteType(i, StackSlot.MISC);
        } else {
          target.stack[index] = slot.scrubbed();
        }
      }
      walk.stackLiveness.read(walk.state, target.depth, index);
    }
  }

  /// The helper writes every byte of this memory: what was there before does not matter.
  void helperOutput(Pointer p, long size) {
    Frame target = walk.state.frameOf(p);
    int from = p.off() + (int) p.var().value();
    for (int i = from; i < from + size; i++) {
      storeAt(target, i, 1, null, null);
    }
  }
}
