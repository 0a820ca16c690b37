package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Numbers that are the same value, or the same plus a constant: what a comparison tells of one
/// holds of all (kernel/bpf/verifier.c, collect_linked_regs and sync_linked_regs).
final class LinkedRegs {
  /// At most so many; the ties of further ones are cut.
  private static final int MAX = 6;

  private final Walk walk;
  private final int[] found = new int[MAX];
  private int count;

  LinkedRegs(Walk walk) {
    this.walk = walk;
  }

  /// The places tied to the two operands, packed as [History#link].
  int[] collect(@Nullable Reg src, Reg dst) {
    count = 0;
    if (src != null && walk.state.reg(src) instanceof Scalar s && s.id() != 0) {
      collect(s.link());
    }
    if (walk.state.reg(dst) instanceof Scalar s && s.id() != 0) {
      collect(s.link());
    }
    return count == 0 ? History.NONE : Arrays.copyOf(found, count);
  }

  private void collect(int link) {
    for (int depth = walk.state.depth(); depth >= 0; depth--) {
      Frame frame = walk.state.frame(depth);
      int live = walk.liveRegs[walk.state.pcOf(depth)];
      for (int i = 0; i < Reg.FP.ordinal(); i++) {
        if ((live & 1 << i) != 0
            && frame.regs[i] instanceof Scalar s
            && s.link() == link
            && !add(History.link(depth, i, true))) {
          frame.regs[i] = s.withId(0);
        }
      }
      for (int i = 0; i < frame.stack.length; i++) {
        if (frame.stack[i].isSpilled()
            && frame.stack[i].spilled() instanceof Scalar s
            && s.link() == link
            && !add(History.link(depth, i, false))) {
          frame.stack[i] = frame.stack[i].withSpilled(s.withId(0));
        }
      }
    }
  }

  private boolean add(int place) {
    for (int i = 0; i < count; i++) {
      if (found[i] == place) {
        return true;
      }
    }
    if (count == MAX) {
      return false;
    }
    found[count++] = place;
    return true;
  }

  /// Gives what is known of a register to those tied to it.
  void spread(State side, Reg reg, int[] places) {
    if (!(side.reg(reg) instanceof Scalar known)) {
      return;
    }
    for (int place : places) {
      Frame frame = side.frame(History.frameOf(place));
      int index = History.indexOf(place);
      boolean isReg = History.isReg(place);
      boolean self = isReg && frame == side.frame() && index == reg.ordinal();
      RegState other = isReg ? frame.regs[index] : frame.stack[index].spilled();
      if (self || !(other instanceof Scalar s) || s.link() != known.link()) {
        continue;
      }
      Scalar result = told(s, known);
      if (isReg) {
        frame.regs[index] = result;
      } else {
        frame.stack[index] = frame.stack[index].withSpilled(result);
      }
    }
  }

  private static Scalar told(Scalar other, Scalar known) {
    int flags = (other.id() | known.id()) & Scalar.ADD_CONST;
    if (flags == Scalar.ADD_CONST) {
      // One distance was added at 32 bits, the other at 64: nothing follows.
      return other;
    }
    if (flags == 0 || other.off() == known.off()) {
      return new Scalar(known.range(), known.id(), known.off(), known.precise());
    }
    Bounds b = Bounds.of(known.range());
    ScalarAlu.add(b, Range.constant((long) other.off() - known.off()));
    if (flags == Scalar.ADD_CONST32) {
      b.zeroExtend();
    }
    b.sync();
    b.dropContradiction();
    return new Scalar(b.range(), other.id(), other.off(), known.precise());
  }
}
