package io.bpf4j.verifier;

import java.util.Arrays;

/// The renaming of ids under which one state covers another: registers that shared an id must share
/// one, and two ids must not become one (kernel/bpf/verifier.c, check_ids).
final class IdMap {
  private int[] pairs = new int[32];
  private int size;
  private int fresh;

  /// Starts anew; ids above `nextId` are free.
  IdMap reset(int nextId) {
    size = 0;
    fresh = nextId;
    return this;
  }

  boolean same(int old, int now) {
    if (old == 0 || now == 0) {
      return old == now;
    }
    for (int i = 0; i < size; i += 2) {
      if (pairs[i] == old) {
        return pairs[i + 1] == now;
      }
      if (pairs[i + 1] == now) {
        return false;
      }
    }
    if (size == pairs.length) {
      pairs = Arrays.copyOf(pairs, size * 2);
    }
    pairs[size++] = old;
    pairs[size++] = now;
    return true;
  }

  /// Ids of numbers: a number that was alone covers one that has fellows, and a number that had
  /// fellows needs them; one without an id gets a fresh one.
  boolean sameScalar(int old, int now) {
    if (old == 0) {
      return true;
    }
    int other = now == 0 ? ++fresh : now;
    if (!same(old, other)) {
      return false;
    }
    return (old & Scalar.ADD_CONST) == 0
        || same(old & ~Scalar.ADD_CONST, other & ~Scalar.ADD_CONST);
  }
}
