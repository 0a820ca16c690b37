package io.bpf4j.verifier;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Decides which numbers a kept state must agree in to cover another.
///
/// Most numbers of a program do not matter for its safety. Where one does (as an offset, a size,
/// the operand of a decided branch) the path is followed backwards from there, instruction by
/// instruction through the [History] and from kept state to kept state, and every register and
/// stack slot that the number came from is marked *precise* in the kept states
/// (kernel/bpf/verifier.c, mark_chain_precision). Where the trace is lost, everything is marked.
final class Precision {
  private static final int ARGS = 0x3e;

  private final Walk walk;
  private final Insns insns;

  /// What is being traced, a bit a register and a bit a slot, of each frame.
  private final int[] regs = new int[State.MAX_FRAMES];

  private final long[] slots = new long[State.MAX_FRAMES];

  /// The frame the trace is in.
  private int frame;

  private boolean lost;

  Precision(Walk walk) {
    this.walk = walk;
    this.insns = walk.cfg.insns;
  }

  /// The number in a register of the walked state matters.
  void mark(Reg reg) {
    clear();
    if (walk.state.reg(reg) instanceof Scalar) {
      regs[walk.state.depth()] |= bit(reg);
      trace(walk.state);
    }
  }

  /// The number in a stack slot of the walked state matters.
  void markSlot(int slotFrame, int slot) {
    clear();
    slots[slotFrame] |= 1L << slot;
    trace(walk.state);
  }

  /// What matters from the kept state `old` on matters in `now`, which it covers. Returns whether a
  /// mark was new.
  boolean propagate(State old, State now) {
    clear();
    for (Frame f : old.frames) {
      for (int i = 0; i < Reg.FP.ordinal(); i++) {
        if (f.regs[i] instanceof Scalar s && s.precise()) {
          regs[f.depth] |= 1 << i;
        }
      }
      for (int i = 0; i < f.stack.length; i++) {
        if (f.stack[i].isSpilled() && f.stack[i].spilled() instanceof Scalar s && s.precise()) {
          slots[f.depth] |= 1L << i;
        }
      }
    }
    return trace(now);
  }

  /// Marks every number in the states before `state`.
  static void markAll(State state) {
    for (State kept = state.parent; kept != null; kept = kept.parent) {
      setAll(kept, true);
    }
  }

  /// Forgets the marks a state inherited.
  static void forgetAll(State state) {
    setAll(state, false);
  }

  private static void setAll(State state, boolean precise) {
    state.mapRegs(reg -> reg instanceof Scalar s ? s.withPrecise(precise) : reg);
  }

  private static int bit(Reg reg) {
    return 1 << reg.ordinal();
  }

  private void clear() {
    Arrays.fill(regs, 0);
    Arrays.fill(slots, 0);
    lost = false;
  }

  private boolean done() {
    for (int i = 0; i < regs.length; i++) {
      if (regs[i] != 0 || slots[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean has(Reg reg) {
    return (regs[frame] & bit(reg)) != 0;
  }

  private void add(Operand operand) {
    if (operand instanceof Reg reg && reg != Reg.FP) {
      regs[frame] |= bit(reg);
    }
  }

  private void drop(Reg reg) {
    regs[frame] &= ~bit(reg);
  }

  private boolean trace(State start) {
    boolean changed = false;
    State state = start;
    int first = state.firstPc;
    int last = state.pc;
    int following = -1;
    boolean skip = true;
    frame = state.depth();
    if (done()) {
      return false;
    }
    while (true) {
      if (last < 0) {
        return atEntry(state) || changed;
      }
      History history = state.history;
      int pc = last;
      while (true) {
        if (!skip) {
          step(pc, following, history != null && history.pc() == pc ? history : null);
          if (lost) {
            markAll(start);
            return true;
          }
        }
        skip = false;
        if (done()) {
          return changed;
        }
        following = pc;
        if (pc == state.firstPc
            && (history == null || (history.earlier() == null && history.pc() == pc))) {
          break;
        }
        if (history != null && history.pc() == pc) {
          pc = history.previous();
          history = history.earlier();
        } else {
          pc = before(pc);
        }
        if (pc < 0) {
          // The trace ran out of the program: where the number came from was missed.
          markAll(start);
          return true;
        }
      }
      State parent = state.parent;
      if (parent == null) {
        break;
      }
      changed |= markIn(parent);
      if (done()) {
        return changed;
      }
      following = first;
      last = parent.lastPc;
      state = parent;
      first = state.firstPc;
    }
    if (!done()) {
      markAll(start);
      changed = true;
    }
    return changed;
  }

  /// The instruction in front, in program order.
  private int before(int pc) {
    int previous = pc - 1;
    return previous >= 0 && !insns.startsAt(previous) ? previous - 1 : previous;
  }

  /// The start of a function that is proved alone: its arguments are what they are.
  private boolean atEntry(State state) {
    boolean changed = false;
    Frame entry = state.frame(0);
    for (int i = 1; i <= 5; i++) {
      if ((regs[0] & (1 << i)) != 0 && entry.regs[i] instanceof Scalar s && !s.precise()) {
        entry.regs[i] = s.withPrecise(true);
        changed = true;
      }
    }
    return changed;
  }

  private boolean markIn(State state) {
    boolean changed = false;
    for (int depth = Math.min(frame, state.depth()); depth >= 0; depth--) {
      Frame f = state.frame(depth);
      for (int i = 0; i < Reg.FP.ordinal(); i++) {
        if ((regs[depth] & (1 << i)) == 0) {
          continue;
        }
        if (f.regs[i] instanceof Scalar s && !s.precise()) {
          f.regs[i] = s.withPrecise(true);
          changed = true;
        } else {
          regs[depth] &= ~(1 << i);
        }
      }
      for (int i = 0; i < 64; i++) {
        if ((slots[depth] & (1L << i)) == 0) {
          continue;
        }
        if (i < f.stack.length
            && f.stack[i].isSpilled()
            && f.stack[i].spilled() instanceof Scalar s
            && !s.precise()) {
          f.stack[i] = f.stack[i].withSpilled(s.withPrecise(true));
          changed = true;
        } else {
          slots[depth] &= ~(1L << i);
        }
      }
    }
    return changed;
  }

  private void syncLinked(@Nullable History history) {
    if (history == null || history.linked().length == 0) {
      return;
    }
    boolean some = false;
    for (int linked : history.linked()) {
      int depth = History.frameOf(linked);
      int index = History.indexOf(linked);
      some |=
          History.isReg(linked)
              ? (regs[depth] & (1 << index)) != 0
              : (slots[depth] & (1L << index)) != 0;
    }
    if (!some) {
      return;
    }
    for (int linked : history.linked()) {
      int depth = History.frameOf(linked);
      if (History.isReg(linked)) {
        regs[depth] |= 1 << History.indexOf(linked);
      } else {
        slots[depth] |= 1L << History.indexOf(linked);
      }
    }
  }

  /// Turns what must be precise after an instruction into what must be before it.
  private void step(int pc, int following, @Nullable History history) {
    syncLinked(history);
    switch (insns.at(pc)) {
      case Insn.Alu alu when has(alu.dst()) -> add(alu.src());
      case Insn.Mov mov when has(mov.dst()) -> {
        drop(mov.dst());
        add(mov.src());
      }
      case Insn.MovSx mov when has(mov.dst()) -> {
        drop(mov.dst());
        add(mov.src());
      }
      case Insn.LoadImm64 load -> drop(load.dst());
      case Insn.Load load -> fill(load.dst(), history);
      case Insn.LoadAcquire load -> fill(load.dst(), history);
      case Insn.Store store -> spill(store.base(), store.src(), history);
      case Insn.StoreRelease store -> spill(store.base(), store.src(), history);
      case Insn.Atomic atomic -> atomic(atomic, history);
      case Insn.Jump jump -> {
        if (jump.src() instanceof Reg src && (has(jump.dst()) || has(src))) {
          if (history == null || !history.srcStack()) {
            add(src);
          }
          if (history == null || !history.dstStack()) {
            add(jump.dst());
          }
        }
      }
      case Insn.CallLocal(int offset) -> localCall(pc + 1 + offset);
      case Insn.CallHelper _ -> {
        if (!leftEarly(pc, following)) {
          helperCall(pc, following);
        }
      }
      case Insn.CallKfunc _, Insn.CallReg _, Insn.AddrSpaceCast _ -> lost = true;
      case Insn.Exit() -> exit(following);
      case Insn.LegacyLoad _ -> {
        if (!leftEarly(pc, following)) {
          lost |= has(Reg.R0);
        }
      }
      default -> {}
    }
    syncLinked(history);
  }

  private void fill(Reg dst, @Nullable History history) {
    if (!has(dst)) {
      return;
    }
    drop(dst);
    // Memory other than the stack holds no numbers that were traced.
    if (history != null && history.access() != 0) {
      slots[History.frameOf(history.access())] |= 1L << History.indexOf(history.access());
    }
  }

  private void spill(Reg base, Operand src, @Nullable History history) {
    if (has(base)) {
      // A number as an address: a difference of pointers was met.
      lost = true;
      return;
    }
    if (history == null || history.access() == 0) {
      return;
    }
    int depth = History.frameOf(history.access());
    long slot = 1L << History.indexOf(history.access());
    if ((slots[depth] & slot) != 0) {
      slots[depth] &= ~slot;
      add(src);
    }
  }

  private void atomic(Insn.Atomic atomic, @Nullable History history) {
    Reg loaded = atomic.op() == AtomicOp.CMPXCHG ? Reg.R0 : atomic.src();
    if (atomic.fetch() && has(loaded)) {
      // What was in memory is now in the register.
      drop(loaded);
      if (history != null && history.access() != 0) {
        slots[History.frameOf(history.access())] |= 1L << History.indexOf(history.access());
      }
    }
    if (has(atomic.base())) {
      lost = true;
    }
  }

  private void localCall(int target) {
    if (walk.isGlobal(walk.cfg.subprogAt(target))) {
      drop(Reg.R0);
      lost |= (regs[frame] & ARGS) != 0;
      return;
    }
    // Out of the callee: its arguments were the caller's.
    if (frame == 0 || (regs[frame] & ~ARGS) != 0 || slots[frame] != 0) {
      lost = true;
      return;
    }
    regs[frame - 1] |= regs[frame] & ARGS;
    regs[frame] = 0;
    frame--;
  }

  private void helperCall(int pc, int following) {
    if (walk.cfg.callsBack.get(pc) && pc != following - 1) {
      // Out of the callback; its arguments are not the caller's.
      if (frame == 0 || (regs[frame] & ~ARGS) != 0 || slots[frame] != 0) {
        lost = true;
        return;
      }
      regs[frame] = 0;
      frame--;
      return;
    }
    drop(Reg.R0);
    lost |= (regs[frame] & ARGS) != 0;
  }

  /// Legacy loads and tail calls may return from the function they are in; true when they did.
  private boolean leftEarly(int pc, int following) {
    if (!walk.cfg.leavesEarly.get(pc)) {
      return false;
    }
    if (following == pc + 1) {
      // A callback that its own next instruction calls cannot be told apart.
      lost |= walk.cfg.callsBack.get(following);
      return false;
    }
    exit(following);
    drop(Reg.R0);
    return true;
  }

  private void exit(int following) {
    if (following >= 0 && walk.cfg.callsBack.get(following)) {
      regs[frame] &= ~ARGS;
    }
    if ((regs[frame] & ARGS) != 0 || frame + 1 >= State.MAX_FRAMES) {
      lost = true;
      return;
    }
    boolean result =
        following >= 1
            && insns.startsAt(following - 1)
            && insns.at(following - 1) instanceof Insn.CallLocal
            && has(Reg.R0);
    drop(Reg.R0);
    frame++;
    if (result) {
      add(Reg.R0);
    }
  }
}
