package io.bpf4j.verifier;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which bytes of a function's frame each of its instructions touches, joined over all paths.
final class StackFacts {
  private final @Nullable BitSet[] reads;
  private final @Nullable BitSet[] writes;

  StackFacts(int size) {
    reads = new @Nullable BitSet[size];
    writes = new @Nullable BitSet[size];
  }

  void touched(int pc, int from, int to, boolean write) {
    @Nullable BitSet[] sets = write ? writes : reads;
    BitSet set = sets[pc];
    if (set == null) {
      set = new BitSet(Frame.MAX_STACK);
      sets[pc] = set;
    }
    set.set(Frame.MAX_STACK + from, Frame.MAX_STACK + to);
  }

  List<StackSpan> spans(int pc) {
    List<StackSpan> spans = new ArrayList<>();
    collect(reads[pc], false, spans);
    collect(writes[pc], true, spans);
    return spans;
  }

  private static void collect(@Nullable BitSet set, boolean write, List<StackSpan> spans) {
    if (set == null) {
      return;
    }
    int from = set.nextSetBit(0);
    while (from >= 0) {
      int to = set.nextClearBit(from);
      spans.add(new StackSpan(from - Frame.MAX_STACK, to - Frame.MAX_STACK, write));
      from = set.nextSetBit(to);
    }
  }
}
