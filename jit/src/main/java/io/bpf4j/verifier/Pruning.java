package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Insn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Keeps states at places where paths meet, and ends a path that a kept state covers: whatever
/// follows was proved for more (kernel/bpf/verifier.c, is_state_visited).
///
/// A kept state is compared in one of three ways, see [StateCover]. Finished ones, all of whose
/// continuations were walked, cover by what mattered in them. One that is still being walked is an
/// earlier round of a loop: the very same state again means that the loop does not end, unless the
/// loop has a limit of its own (`may_goto`, a callback), where a state inside of an earlier round's
/// ranges means that further rounds bring nothing new. Then what mattered is not final until the
/// whole loop is walked, and is passed around it until nothing changes ([#leaveLoop]).
final class Pruning {
  private static final int MAX_BACKEDGE_ROUNDS = 64;

  /// A loop being walked, for one call chain.
  private static final class Visit {
    @Nullable State entry;
    final List<State> backedges = new ArrayList<>();
  }

  private record LoopKey(List<Integer> callsites, int loop) {}

  private record Place(int pc, int callsite) {}

  private final Walk walk;
  private final StateCover cover;
  private final Map<Place, List<State>> kept = new HashMap<>();
  private final Map<LoopKey, Visit> visits = new HashMap<>();
  private int insnsAtLastKept;
  private int jumpsAtLastKept;
  private int keptNow;
  int peakStates;
  int totalStates;

  Pruning(Walk walk) {
    this.walk = walk;
    this.cover = new StateCover(walk);
  }

  void startFunction() {
    kept.clear();
    visits.clear();
    keptNow = 0;
  }

  private List<State> at(State state, int pc) {
    return kept.computeIfAbsent(new Place(pc, state.frame().callsite), _ -> new ArrayList<>(2));
  }

  /// The state of the same loop one round earlier, kept at `pc` on the way to `state`; or null.
  @Nullable State previousRound(State state, int pc) {
    List<State> list = at(walk.state, pc);
    for (int i = list.size() - 1; i >= 0; i--) {
      State other = list.get(i);
      if (other.branches > 0 && other.dfsDepth < state.dfsDepth && other.sameCallsites(state)) {
        return other;
      }
    }
    return null;
  }

  void widen(State previous, State now) {
    cover.widen(previous, now);
  }

  /// Whether the walked state at `pc` needs no further look. When it does, it may be kept.
  boolean covered(int pc) {
    State now = walk.state;
    boolean forced =
        walk.cfg.forced.get(pc)
            || walk.subject.has(Subject.TEST_STATE_FREQ)
            || (now.history != null && now.history.count() > 40);
    boolean keep =
        forced
            || (walk.jumpsProcessed - jumpsAtLastKept >= 2
                && walk.insnsProcessed - insnsAtLastKept >= 8);
    List<State> list = at(now, pc);
    cleanFinished(list, now);
    for (int i = list.size() - 1; i >= 0; i--) {
      State old = list.get(i);
      if (old.branches > 0) {
        Boolean again = sameRound(old, now, pc);
        if (again != null) {
          return hit(old, now, again);
        }
        if (!forced
            && walk.jumpsProcessed - jumpsAtLastKept < 20
            && walk.insnsProcessed - insnsAtLastKept < 100) {
          keep = false;
        }
      } else {
        boolean unsettled = isUnsettled(old);
        StateCover.Exactness how =
            unsettled ? StateCover.Exactness.RANGES : StateCover.Exactness.WHAT_MATTERS;
        if (cover.covers(old, now, how)) {
          return hit(old, now, unsettled);
        }
      }
      if (keep) {
        old.misses++;
      }
      int patience = walk.cfg.forced.get(pc) && old.branches > 0 ? 64 : 3;
      if (old.misses > old.hits * patience + patience) {
        list.remove(i);
        keptNow--;
      }
    }
    if (keep) {
      keep(list, now, pc);
    }
    return false;
  }

  /// Compares with a state that is still being walked: null when it is nothing to stop at, else
  /// whether the path goes round a loop that is not finished.
  private @Nullable Boolean sameRound(State old, State now, int pc) {
    Insn insn = walk.insns().at(pc);
    if (old.frame().inAsyncCallback && old.frame().asyncEntries != now.frame().asyncEntries) {
      return null;
    }
    if (insn instanceof Insn.MayGoto
        && old.mayGotoDepth != now.mayGotoDepth
        && cover.covers(old, now, StateCover.Exactness.RANGES)) {
      return true;
    }
    if (walk.cfg.callsBack.get(pc)) {
      return cover.covers(old, now, StateCover.Exactness.RANGES) ? true : null;
    }
    if (old.mayGotoDepth == now.mayGotoDepth
        && old.callbackUnrollDepth == now.callbackUnrollDepth
        && cover.maybeSame(old, now)
        && cover.covers(old, now, StateCover.Exactness.SAME)) {
      throw Refusal.invalid(
          Reason.INFINITE_LOOP, "infinite loop detected at insn %d".formatted(pc));
    }
    return null;
  }

  private boolean hit(State old, State now, boolean loop) {
    old.hits++;
    if (walk.cfg.jumpPoints.get(now.pc)) {
      walk.pushHistory(0, false, false, History.NONE);
    }
    walk.precision.propagate(old, now);
    if (loop) {
      State edge = now.copy();
      edge.equal = old;
      LoopKey key = loopOf(old);
      Visit visit = key == null ? null : visits.get(key);
      if (visit == null) {
        throw new Beyond("a loop that is entered nowhere");
      }
      visit.backedges.add(edge);
    }
    return true;
  }

  private void keep(List<State> list, State now, int pc) {
    totalStates++;
    keptNow++;
    peakStates = Math.max(peakStates, keptNow);
    jumpsAtLastKept = walk.jumpsProcessed;
    insnsAtLastKept = walk.insnsProcessed;
    Precision.forgetAll(now);
    State copy = now.copy();
    copy.pc = pc;
    enterLoop(copy);
    now.parent = copy;
    now.firstPc = pc;
    now.dfsDepth = copy.dfsDepth + 1;
    now.history = null;
    list.add(copy);
  }

  /// A path is at its end: so are the kept states of which it was the last.
  void pathEnded(State end) {
    State state = end;
    while (state != null) {
      if (--state.branches > 0) {
        return;
      }
      leaveLoop(state);
      state = state.parent;
    }
  }

  /// The outermost loop that a state's call chain is in.
  private @Nullable LoopKey loopOf(State state) {
    List<Integer> callsites = new ArrayList<>();
    for (int i = 0; i <= state.depth(); i++) {
      int pc = state.pcOf(i);
      int loop = walk.cfg.loops[pc];
      if (loop != 0) {
        return new LoopKey(callsites, loop);
      }
      callsites.add(pc);
    }
    return null;
  }

  private void enterLoop(State state) {
    LoopKey key = loopOf(state);
    if (key == null) {
      return;
    }
    Visit visit = visits.computeIfAbsent(key, _ -> new Visit());
    if (visit.entry == null) {
      visit.entry = state;
    }
  }

  /// The state that entered a loop is finished: what mattered is passed along the edges back into
  /// the loop until nothing changes.
  private void leaveLoop(State state) {
    LoopKey key = loopOf(state);
    Visit visit = key == null ? null : visits.get(key);
    if (visit == null || visit.entry != state) {
      return;
    }
    visit.entry = null;
    boolean changed = true;
    for (int round = 0; changed; round++) {
      if (round > MAX_BACKEDGE_ROUNDS) {
        visit.backedges.forEach(Precision::markAll);
        break;
      }
      changed = false;
      for (State edge : visit.backedges) {
        if (edge.equal != null) {
          changed |= walk.precision.propagate(edge.equal, edge);
        }
      }
    }
    visit.backedges.clear();
  }

  /// Whether what mattered in a state may still grow.
  private boolean isUnsettled(State state) {
    LoopKey key = loopOf(state);
    Visit visit = key == null ? null : visits.get(key);
    return visit != null && !visit.backedges.isEmpty();
  }

  /// Forgets what nobody reads any more in states whose continuations were all walked.
  private void cleanFinished(List<State> list, State now) {
    for (State state : list) {
      if (state.branches == 0
          && !state.cleaned
          && state.sameCallsites(now)
          && !isUnsettled(state)) {
        clean(state);
      }
    }
  }

  private void clean(State state) {
    state.cleaned = true;
    for (Frame frame : state.frames) {
      int live = walk.liveRegs[state.pcOf(frame.depth)];
      for (int i = 0; i < frame.regs.length - 1; i++) {
        if ((live & 1 << i) == 0) {
          frame.regs[i] = NotInit.NOT_INIT;
        }
      }
      long slots = walk.stackLiveness.live(state, frame.depth);
      for (int i = 0; i < frame.stack.length; i++) {
        if ((slots & 1L << i) == 0) {
          frame.stack[i] = StackSlot.EMPTY;
        }
      }
    }
  }
}
