package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;

/// Whether one state covers another: whether what is proved from the first holds from the second
/// (kernel/bpf/verifier.c, states_equal, regsafe and stacksafe).
final class StateCover {
  /// How closely states are compared.
  enum Exactness {
    /// Numbers only where they mattered; registers and slots only where they were read.
    WHAT_MATTERS,
    /// Everything, but a number may lie inside the old one's ranges.
    RANGES,
    /// Everything, to the letter.
    SAME
  }

  private final Walk walk;
  private final IdMap ids = new IdMap();

  StateCover(Walk walk) {
    this.walk = walk;
  }

  boolean covers(State old, State now, Exactness how) {
    if (old.frames.size() != now.frames.size()) {
      return false;
    }
    ids.reset(walk.lastId());
    if (!now.holdsAs(old, ids)) {
      return false;
    }
    for (int i = 0; i < old.frames.size(); i++) {
      Frame a = old.frame(i);
      Frame b = now.frame(i);
      if (a.callsite != b.callsite
          || a.callbackDepth > b.callbackDepth
          || !regsCover(a, b, walk.liveRegs[old.pcOf(i)], how)
          || !stackCovers(a, b, how)) {
        return false;
      }
    }
    return true;
  }

  /// A quick look whether the innermost registers are the same, ids included.
  boolean maybeSame(State old, State now) {
    if (old.frames.size() != now.frames.size()) {
      return false;
    }
    RegState[] a = old.frame().regs;
    RegState[] b = now.frame().regs;
    for (int i = 0; i < a.length; i++) {
      if (!sameBut(a[i], b[i]) || a[i].id() != b[i].id() || a[i].refId() != b[i].refId()) {
        return false;
      }
    }
    return true;
  }

  private boolean regsCover(Frame old, Frame now, int live, Exactness how) {
    for (int i = 0; i < old.regs.length; i++) {
      if ((live & 1 << i) != 0 && !covers(old.regs[i], now.regs[i], how)) {
        return false;
      }
    }
    return true;
  }

  /// The same but for ids, frame and precision.
  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  private static boolean sameBut(RegState a, RegState b) {
    if (a == b) {
      return true;
    }
    if (a instanceof Scalar s && b instanceof Scalar t) {
      return s.off() == t.off() && s.range().equals(t.range());
    }
    return a instanceof Pointer p && b instanceof Pointer q && p.sameBut(q);
  }

  private boolean exactly(RegState old, RegState now) {
    return sameBut(old, now) && ids.same(old.id(), now.id()) && ids.same(old.refId(), now.refId());
  }

  private boolean covers(RegState old, RegState now, Exactness how) {
    if (how == Exactness.SAME) {
      return exactly(old, now);
    }
    if (old == NotInit.NOT_INIT) {
      return how == Exactness.WHAT_MATTERS || now == NotInit.NOT_INIT;
    }
    if (old instanceof Scalar a) {
      return now instanceof Scalar b && numberCovers(a, b, how);
    }
    return old instanceof Pointer p && now instanceof Pointer q && pointerCovers(p, q);
  }

  private boolean numberCovers(Scalar old, Scalar now, Exactness how) {
    if (!old.precise() && how == Exactness.WHAT_MATTERS) {
      return true;
    }
    int distant = old.id() & Scalar.ADD_CONST;
    if (distant != (now.id() & Scalar.ADD_CONST) || (distant != 0 && old.off() != now.off())) {
      return false;
    }
    return now.range().within(old.range()) && ids.sameScalar(old.id(), now.id());
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  private boolean pointerCovers(Pointer old, Pointer now) {
    if (old.kind() != now.kind() || old.flags() != now.flags()) {
      return false;
    }
    return switch (old.kind()) {
      case MAP_KEY, MAP_VALUE, MEM ->
          old.off() == now.off()
              && old.map() == now.map()
              && old.mapUid() == now.mapUid()
              && old.size() == now.size()
              && now.var().within(old.var())
              && ids.same(old.id(), now.id())
              && ids.same(old.refId(), now.refId());
      case PACKET, PACKET_META ->
          old.reach() <= now.reach()
              && old.off() == now.off()
              && ids.same(old.id(), now.id())
              && now.var().within(old.var());
      case STACK -> exactly(old, now) && old.frame() == now.frame();
      default -> exactly(old, now);
    };
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  private boolean stackCovers(Frame old, Frame now, Exactness how) {
    for (int i = 0; i < old.stack.length; i++) {
      StackSlot a = old.stack[i];
      StackSlot b = i < now.stack.length ? now.stack[i] : null;
      if (a == b) {
        if (a.isSpilled() && !covers(a.spilled(), b.spilled(), how)) {
          return false;
        }
        continue;
      }
      if (how != Exactness.WHAT_MATTERS && (b == null || a.types() != b.types())) {
        return false;
      }
      if (!slotCovers(a, b, how)) {
        return false;
      }
    }
    return true;
  }

  private boolean slotCovers(
      StackSlot old, @org.jspecify.annotations.Nullable StackSlot now, Exactness how) {
    if (old.isRubbish()) {
      // Never read, or read as anything; a number there may still be tied to others.
      return true;
    }
    if (now == null) {
      return false;
    }
    RegState a = number(old);
    RegState b = number(now);
    if (a != null && b != null) {
      return covers(a, b, how);
    }
    for (int i = 0; i < StackSlot.BYTES; i++) {
      int type = old.type(i);
      boolean free = type == StackSlot.INVALID || type == StackSlot.MISC;
      if (!free && type != now.type(i)) {
        return false;
      }
    }
    return !old.isSpilled() || covers(old.spilled(), now.spilled(), how);
  }

  private static @org.jspecify.annotations.Nullable RegState number(StackSlot slot) {
    if (slot.isSpilledScalar64()) {
      return slot.spilled();
    }
    return slot.isRubbish() ? Scalar.UNKNOWN : null;
  }

  /// Forgets the ranges of numbers that changed since the previous round of a loop and did not
  /// matter in it.
  void widen(State previous, State now) {
    ids.reset(walk.lastId());
    for (Frame old : previous.frames) {
      Frame frame = now.frame(old.depth);
      for (int i = 0; i < Reg.FP.ordinal(); i++) {
        frame.regs[i] = widened(old.regs[i], frame.regs[i]);
      }
      for (int i = 0; i < Math.min(old.stack.length, frame.stack.length); i++) {
        StackSlot slot = frame.stack[i];
        if (old.stack[i].isSpilled() && slot.isSpilled()) {
          frame.stack[i] = slot.withSpilled(widened(old.stack[i].spilled(), slot.spilled()));
        }
      }
    }
  }

  private RegState widened(RegState old, RegState now) {
    if (!(old instanceof Scalar a) || !(now instanceof Scalar b)) {
      return now;
    }
    return a.precise() || b.precise() || exactly(a, b) ? now : Scalar.UNKNOWN;
  }
}
