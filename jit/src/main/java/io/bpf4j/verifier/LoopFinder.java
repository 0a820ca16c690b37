package io.bpf4j.verifier;

/// Finds the loops of each function: the strongly connected components of its control flow, by
/// Tarjan's algorithm without recursion. A helper call that runs a callback is a loop by itself.
final class LoopFinder {
  private final Cfg cfg;
  private final int[] order;
  private final int[] low;
  private final boolean[] onStack;
  private final int[] component;
  private final int[] path;
  private final int[] edge;
  private int numbered;
  private int componentTop;
  private int loops;

  LoopFinder(Cfg cfg) {
    this.cfg = cfg;
    int size = cfg.insns.size();
    order = new int[size];
    low = new int[size];
    onStack = new boolean[size];
    component = new int[size];
    path = new int[size];
    edge = new int[size];
  }

  void mark() {
    for (int pc = 0; pc < order.length; pc = cfg.insns.next(pc)) {
      if (order[pc] == 0) {
        walk(pc);
      }
    }
  }

  private void enter(int pc, int depth) {
    path[depth] = pc;
    order[pc] = low[pc] = ++numbered;
    component[componentTop++] = pc;
    onStack[pc] = true;
  }

  private void walk(int root) {
    int depth = 0;
    enter(root, 0);
    while (depth >= 0) {
      int pc = path[depth];
      int[] next = cfg.successors(pc);
      if (edge[pc] < next.length) {
        int target = next[edge[pc]++];
        if (order[target] == 0) {
          enter(target, ++depth);
        } else if (onStack[target]) {
          low[pc] = Math.min(low[pc], order[target]);
        }
        continue;
      }
      if (low[pc] == order[pc]) {
        close(pc);
      }
      depth--;
      if (depth >= 0) {
        low[path[depth]] = Math.min(low[path[depth]], low[pc]);
      }
    }
  }

  private void close(int root) {
    boolean loop = component[componentTop - 1] != root || cfg.callsBack.get(root);
    for (int target : cfg.successors(root)) {
      loop |= target == root;
    }
    if (loop) {
      loops++;
    }
    int member;
    do {
      member = component[--componentTop];
      onStack[member] = false;
      if (loop) {
        cfg.loops[member] = loops;
      }
    } while (member != root);
  }
}
