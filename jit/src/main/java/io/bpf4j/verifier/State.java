package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Everything that is known at a point of a path: the frames of the call chain and what is held.
/// Mutable while it is the walked state; a copy that [Pruning] keeps changes only in its precision
/// marks and when its dead parts are cleaned.
final class State {
  /// Frames of a call chain at most.
  static final int MAX_FRAMES = 8;

  final List<Frame> frames = new ArrayList<>(2);

  /// What is held, oldest first.
  List<Held> held = List.of();

  /// The value whose lock is held last.
  int lockId;

  @Nullable MapDef lockMap;

  /// Where it stands; of a kept state, where it was kept.
  int pc;

  /// Paths that started here and are not walked to their end.
  int branches = 1;

  @Nullable State parent;
  @Nullable History history;

  /// The first and the last instruction since the parent was kept.
  int firstPc;

  int lastPc = -1;
  int mayGotoDepth;
  int callbackUnrollDepth;
  int dfsDepth;
  boolean cleaned;

  /// For an edge back into a loop: the kept state that covered it.
  @Nullable State equal;

  /// Statistics that decide how long a kept state is worth comparing with.
  int hits;

  int misses;

  State copy() {
    State copy = new State();
    for (Frame frame : frames) {
      copy.frames.add(frame.copy());
    }
    copy.held = held;
    copy.lockId = lockId;
    copy.lockMap = lockMap;
    copy.pc = pc;
    copy.branches = branches;
    copy.parent = parent;
    copy.history = history;
    copy.firstPc = firstPc;
    copy.lastPc = lastPc;
    copy.mayGotoDepth = mayGotoDepth;
    copy.callbackUnrollDepth = callbackUnrollDepth;
    copy.dfsDepth = dfsDepth;
    copy.equal = equal;
    return copy;
  }

  /// The innermost frame's index.
  int depth() {
    return frames.size() - 1;
  }

  Frame frame() {
    return frames.get(frames.size() - 1);
  }

  Frame frame(int depth) {
    return frames.get(depth);
  }

  RegState reg(Reg reg) {
    return frame().reg(reg);
  }

  void set(Reg reg, RegState state) {
    frame().set(reg, state);
  }

  /// The frame a stack pointer points into.
  Frame frameOf(Pointer stackPointer) {
    return frames.get(stackPointer.frame());
  }

  /// Replaces every register, spilled ones included, in all frames.
  void mapRegs(UnaryOperator<RegState> change) {
    for (Frame frame : frames) {
      for (int i = 0; i < frame.regs.length; i++) {
        frame.regs[i] = change.apply(frame.regs[i]);
      }
      for (int i = 0; i < frame.stack.length; i++) {
        StackSlot slot = frame.stack[i];
        if (slot.isSpilled()) {
          frame.stack[i] = slot.withSpilled(change.apply(slot.spilled()));
        }
      }
    }
  }

  /// R0 to R5 after a call.
  void clobberCallerSaved() {
    Frame frame = frame();
    for (int i = 0; i <= Reg.R5.ordinal(); i++) {
      frame.regs[i] = NotInit.NOT_INIT;
    }
  }

  void acquire(Held thing) {
    List<Held> more = new ArrayList<>(held);
    more.add(thing);
    held = List.copyOf(more);
    if (thing.kind() == Held.Kind.LOCK) {
      lockId = thing.id();
      lockMap = thing.map();
    }
  }

  /// Gives back a reference; false when it is not held.
  boolean releaseReference(int id) {
    for (Held thing : held) {
      if (thing.kind() == Held.Kind.REFERENCE && thing.id() == id) {
        drop(thing);
        return true;
      }
    }
    return false;
  }

  void releaseLock(Held lock) {
    drop(lock);
    lockId = 0;
    lockMap = null;
  }

  private void drop(Held thing) {
    List<Held> fewer = new ArrayList<>(held);
    fewer.remove(thing);
    held = List.copyOf(fewer);
  }

  boolean holdsLock() {
    return lock() != null;
  }

  @Nullable Held lock() {
    for (Held thing : held) {
      if (thing.kind() == Held.Kind.LOCK) {
        return thing;
      }
    }
    return null;
  }

  /// Where a frame of the call chain is: the call for all but the innermost.
  int pcOf(int depth) {
    return depth == depth() ? pc : frames.get(depth + 1).callsite;
  }

  boolean sameCallsites(State other) {
    if (frames.size() != other.frames.size()) {
      return false;
    }
    for (int i = frames.size() - 1; i >= 0; i--) {
      if (frames.get(i).callsite != other.frames.get(i).callsite) {
        return false;
      }
    }
    return true;
  }

  /// Whether [#held] differs when ids are renamed; see [IdMap].
  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  boolean holdsAs(State old, IdMap ids) {
    if (old.held.size() != held.size() || old.lockMap != lockMap || !ids.same(old.lockId, lockId)) {
      return false;
    }
    for (int i = 0; i < held.size(); i++) {
      Held a = old.held.get(i);
      Held b = held.get(i);
      if (a.kind() != b.kind() || a.map() != b.map() || !ids.same(a.id(), b.id())) {
        return false;
      }
    }
    return true;
  }
}
