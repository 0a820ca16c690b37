package io.bpf4j.codegen;

import io.bpf4j.mem.Cpu;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which 8-byte words of a function's frame must be zeroed when it is entered. Frames read as zero
/// where they were not written; most functions write before they read, and then nothing needs to be
/// done.
///
/// Without plain numbers that point to the stack, a forward dataflow finds the bytes that may be
/// read before they are written; with them, every word is cleared.
final class FrameClearing {
  private static final int WORDS = Cpu.FRAME_BYTES / Long.BYTES;

  private FrameClearing() {}

  /// The words to clear, 0 for the one at the frame's lowest address.
  static BitSet words(Analysis analysis, Cfg.Function function) {
    BitSet words = new BitSet();
    if (analysis.stack().anythingGoes()) {
      words.set(0, WORDS);
      return words;
    }
    List<StackUse.Touch> touches = new java.util.ArrayList<>();
    for (StackUse.Touch touch : analysis.stack().touches(function)) {
      int size = touch.to() - touch.from();
      if (!touch.exact() || analysis.kinds().slots(touch.pc()).indexOf(touch.from(), size) < 0) {
        touches.add(touch);
      }
    }
    if (touches.stream().anyMatch(touch -> !touch.write())) {
      solve(analysis.cfg(), analysis.kinds(), function, touches).stream()
          .forEach(b -> words.set(b / Long.BYTES));
    }
    return words;
  }

  /// The bytes that are read where some way to there did not write them.
  private static BitSet solve(
      Cfg cfg, Kinds kinds, Cfg.Function function, List<StackUse.Touch> touches) {
    int start = function.start();
    @Nullable BitSet[] written = new @Nullable BitSet[function.end() - start];
    BitSet[] writes = new BitSet[written.length];
    Arrays.setAll(writes, _ -> new BitSet(0));
    for (StackUse.Touch touch : touches) {
      if (touch.write() && touch.exact()) {
        writes[touch.pc() - start].set(
            Cpu.FRAME_BYTES + touch.from(), Cpu.FRAME_BYTES + touch.to());
      }
    }
    written[0] = new BitSet();
    BitSet work = new BitSet();
    work.set(0);
    int at = 0;
    while (!work.isEmpty()) {
      at = work.nextSetBit(at);
      if (at < 0) {
        at = 0;
        continue;
      }
      work.clear(at);
      int pc = start + at;
      BitSet out = (BitSet) now(written, at).clone();
      out.or(writes[at]);
      if (cfg.fallsThrough(pc)) {
        meet(written, cfg.insns().next(pc) - start, out, work);
      }
      if (cfg.jump(pc) != Cfg.NO_JUMP) {
        meet(written, cfg.jump(pc) - start, out, work);
      }
    }
    BitSet unwritten = new BitSet();
    for (StackUse.Touch touch : touches) {
      if (!touch.write() && kinds.reaches(touch.pc())) {
        BitSet read = new BitSet();
        read.set(Cpu.FRAME_BYTES + touch.from(), Cpu.FRAME_BYTES + touch.to());
        read.andNot(now(written, touch.pc() - start));
        unwritten.or(read);
      }
    }
    return unwritten;
  }

  private static BitSet now(@Nullable BitSet[] written, int at) {
    BitSet set = written[at];
    if (set == null) {
      throw new IllegalStateException("no way leads to slot " + at + " of the function");
    }
    return set;
  }

  private static void meet(@Nullable BitSet[] written, int at, BitSet out, BitSet work) {
    BitSet old = written[at];
    if (old == null) {
      written[at] = (BitSet) out.clone();
      work.set(at);
    } else {
      int size = old.cardinality();
      old.and(out);
      if (old.cardinality() < size) {
        work.set(at);
      }
    }
  }
}
