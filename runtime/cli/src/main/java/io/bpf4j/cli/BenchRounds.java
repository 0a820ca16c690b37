package io.bpf4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// The rounds of a comparison. All lanes are warmed up, then take turns: in each round every lane
/// runs once for [#SLICE_NANOS], so that whatever slows the machine down slows all of them down.
final class BenchRounds {
  /// How long a lane runs in a round.
  static final long SLICE_NANOS = 25_000_000;

  /// How long a lane runs before it is measured: some time at least, and until a slice takes what
  /// the one before took, but not for ever.
  private static final long WARM_NANOS = 400_000_000;

  private static final long WARM_ENOUGH_NANOS = 3_000_000_000L;
  private static final double STEADY = 0.03;

  private final int rounds;
  private final BooleanSupplier stop;
  private final Consumer<String> progress;

  /// @param stop asked between slices whether to end early
  /// @param progress told what is being done
  BenchRounds(int rounds, BooleanSupplier stop, Consumer<String> progress) {
    this.rounds = rounds;
    this.stop = stop;
    this.progress = progress;
  }

  /// Measures lanes side by side.
  List<BenchRow> run(List<? extends BenchLane> lanes, boolean random) {
    long[] runs = new long[lanes.size()];
    for (int i = 0; i < runs.length && !stop.getAsBoolean(); i++) {
      progress.accept(lanes.get(i).program() + " on " + lanes.get(i).engine() + ": warming up");
      runs[i] = warm(lanes.get(i), random);
    }
    double[][] nanos = new double[lanes.size()][rounds];
    int done = 0;
    while (done < rounds && !stop.getAsBoolean()) {
      progress.accept(
          "%s, %s: round %d of %d"
              .formatted(lanes.getFirst().program(), random ? "random" : "same", done + 1, rounds));
      for (int i = 0; i < runs.length; i++) {
        nanos[i][done] = lanes.get(i).time(random, runs[i]);
      }
      done++;
    }
    List<BenchRow> rows = new ArrayList<>();
    for (int i = 0; i < runs.length; i++) {
      BenchLane lane = lanes.get(i);
      rows.add(
          new BenchRow(
              lane.program(),
              lane.engine(),
              random,
              java.util.Arrays.copyOf(nanos[i], done),
              lane.note(random)));
    }
    return rows;
  }

  /// Runs a lane until it is as fast as it gets, and gives the runs of a slice.
  private long warm(BenchLane lane, boolean random) {
    long start = System.nanoTime();
    long runs = 1;
    double before = 0;
    while (true) {
      double nanos = Math.max(lane.time(random, runs), 0.01);
      long spent = System.nanoTime() - start;
      boolean steady = Math.abs(nanos - before) <= STEADY * before;
      boolean slice = nanos * runs >= SLICE_NANOS / 2.0;
      if (stop.getAsBoolean()
          || spent >= WARM_ENOUGH_NANOS
          || (slice && steady && spent >= WARM_NANOS)) {
        return Math.max(1, (long) (SLICE_NANOS / nanos));
      }
      before = nanos;
      runs = slice ? Math.max(1, (long) (SLICE_NANOS / nanos)) : runs * 4;
    }
  }
}
