package io.bpf4j.verifier;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which stack slots may still be read from an instruction on, so that kept states forget the rest
/// (kernel/bpf/liveness.c).
///
/// While paths are walked, each instruction notes what it may read and what it surely writes, for
/// every call chain apart and for every frame of the chain: reads are joined, writes intersected.
/// From that, within one function, the textbook backward analysis tells what is live; what a
/// function reads and surely writes of outer frames then counts for the call. It is asked only of
/// states whose every continuation was walked.
final class StackLiveness {
  /// A function in one call chain.
  private static final class Instance {
    final int[] chain;
    final int start;
    final int length;
    final boolean[] written;
    final Masks[] frames;
    boolean updated;
    boolean writesDropped;

    Instance(int[] chain, int start, int length) {
      this.chain = chain;
      this.start = start;
      this.length = length;
      this.written = new boolean[length];
      this.frames = new Masks[chain.length];
    }

    Masks masks(int frame) {
      Masks masks = frames[frame];
      if (masks == null) {
        masks = new Masks(length);
        frames[frame] = masks;
      }
      return masks;
    }
  }

  /// For each instruction a bit a slot.
  private static final class Masks {
    final long[] mayRead;
    final long[] mustWrite;
    final long[] mustWriteOnward;
    final long[] live;

    Masks(int length) {
      mayRead = new long[length];
      mustWrite = new long[length];
      mustWriteOnward = new long[length];
      live = new long[length];
    }
  }

  private record Key(List<Integer> chain) {}

  private final Cfg cfg;
  private final Map<Key, Instance> instances = new HashMap<>();
  private final long[] writes = new long[State.MAX_FRAMES];
  private @Nullable Instance current;

  StackLiveness(Cfg cfg) {
    this.cfg = cfg;
  }

  /// The chain's call sites, and the start of its innermost function.
  private Instance instance(State state, int depth) {
    int[] chain = new int[depth + 1];
    for (int i = 0; i < depth; i++) {
      chain[i] = state.frame(i + 1).callsite;
    }
    chain[depth] = cfg.starts[state.frame(depth).subprog];
    return instance(chain);
  }

  private Instance instance(int[] chain) {
    Key key = new Key(Arrays.stream(chain).boxed().toList());
    return instances.computeIfAbsent(
        key,
        _ -> {
          int start = chain[chain.length - 1];
          return new Instance(chain, start, cfg.endOf(cfg.subprogAt(start)) - start);
        });
  }

  private Instance current(State state) {
    Instance instance = current;
    if (instance == null) {
      instance = instance(state, state.depth());
      current = instance;
    }
    return instance;
  }

  /// The walked state entered or left a function, or is another.
  void chainChanged() {
    current = null;
  }

  void startInsn(State state) {
    current(state);
    Arrays.fill(writes, 0);
  }

  void read(State state, int frame, int slot) {
    noteRead(current(state), frame, state.pc, 1L << slot);
  }

  private static void noteRead(Instance instance, int frame, int pc, long mask) {
    Masks masks = instance.masks(frame);
    int i = pc - instance.start;
    if ((mask & ~masks.mayRead[i]) != 0 && (mask & ~masks.live[i]) != 0) {
      instance.updated = true;
    }
    masks.mayRead[i] |= mask;
  }

  /// The whole slot is written for certain.
  void write(int frame, int slot) {
    writes[frame] |= 1L << slot;
  }

  void endInsn(int pc) {
    Instance instance = current;
    if (instance != null) {
      commit(instance, pc);
    }
  }

  private void commit(Instance instance, int pc) {
    int i = pc - instance.start;
    if (i < 0 || i >= instance.length) {
      return;
    }
    for (int frame = 0; frame < instance.chain.length; frame++) {
      long mask = writes[frame];
      if (mask == 0 && !instance.written[i]) {
        continue;
      }
      Masks masks = instance.masks(frame);
      long old = masks.mustWrite[i];
      if (instance.written[i]) {
        mask &= old;
      }
      if (old != mask) {
        masks.mustWrite[i] = mask;
        instance.updated = true;
      }
      instance.writesDropped |= (old & ~mask) != 0;
    }
    instance.written[i] = true;
  }

  /// Brings what is known of a state's call chain up to date.
  void update(State state) {
    current = null;
    for (int depth = state.depth(); depth >= 0; depth--) {
      Instance instance = instance(state, depth);
      if (instance.updated) {
        update(instance);
        instance.updated = false;
        instance.writesDropped = false;
      }
    }
  }

  private void update(Instance instance) {
    for (Masks masks : instance.frames) {
      if (masks != null && instance.writesDropped) {
        Arrays.fill(masks.mustWriteOnward, 0);
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Masks masks : instance.frames) {
        if (masks == null) {
          continue;
        }
        for (int i = instance.length - 1; i >= 0; i--) {
          if (cfg.insns.startsAt(instance.start + i)) {
            changed |= update(instance, masks, i);
          }
        }
      }
    }
    if (instance.chain.length > 1) {
      passOutward(instance);
    }
  }

  private boolean update(Instance instance, Masks masks, int i) {
    int[] next = cfg.successors(instance.start + i);
    if (next.length == 0) {
      return false;
    }
    long after = 0;
    long onward = cfg.leavesEarly.get(instance.start + i) ? 0 : -1;
    for (int pc : next) {
      after |= masks.live[pc - instance.start];
      onward &= masks.mustWriteOnward[pc - instance.start];
    }
    onward |= masks.mustWrite[i];
    long before = (after & ~masks.mustWrite[i]) | masks.mayRead[i];
    boolean changed = before != masks.live[i] || onward != masks.mustWriteOnward[i];
    masks.live[i] = before;
    masks.mustWriteOnward[i] = onward;
    return changed;
  }

  private void passOutward(Instance instance) {
    int outermost = instance.chain.length - 1;
    int[] chain = Arrays.copyOf(instance.chain, outermost);
    int callsite = chain[outermost - 1];
    chain[outermost - 1] = cfg.starts[cfg.subprogOf(callsite)];
    Instance outer = instance(chain);
    Arrays.fill(writes, 0);
    for (int frame = 0; frame < outermost; frame++) {
      Masks masks = instance.frames[frame];
      if (masks != null) {
        writes[frame] = masks.mustWriteOnward[0];
        noteRead(outer, frame, callsite, masks.live[0]);
      }
    }
    commit(outer, callsite);
    Arrays.fill(writes, 0);
  }

  /// The slots of a frame that may be read from where a state stands.
  long live(State state, int frame) {
    int depth = state.depth();
    long live = liveBefore(instance(state, depth), state.pc, frame);
    for (int i = frame; i < depth; i++) {
      int callsite = state.frame(i + 1).callsite;
      int from = cfg.callsBack.get(callsite) ? callsite : cfg.insns.next(callsite);
      live |= liveBefore(instance(state, i), from, frame);
    }
    return live;
  }

  private static long liveBefore(Instance instance, int pc, int frame) {
    Masks masks = instance.frames[frame];
    return masks == null ? 0 : masks.live[pc - instance.start];
  }
}
