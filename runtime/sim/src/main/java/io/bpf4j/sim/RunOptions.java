package io.bpf4j.sim;

import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// How a simulation is run.
///
/// @param traces replayed instead of the scenario's traffic; empty for the scenario's own
/// @param count how many packets, in as many rounds over the traffic as that takes; 0 for one round
/// @param threads threads that look up, at least 1
/// @param seed of everything random, or null for the scenario's
/// @param csv gets a row for each packet, or null; it wants one thread
/// @param stop asked now and then whether to end early
/// @param progress told now and then how many packets were read
public record RunOptions(
    List<Path> traces,
    long count,
    int threads,
    @Nullable Long seed,
    @Nullable Appendable csv,
    BooleanSupplier stop,
    LongConsumer progress) {
  /// The scenario's traffic, once, on one thread.
  public static final RunOptions DEFAULT =
      new RunOptions(List.of(), 0, 1, null, null, () -> false, _ -> {});

  public RunOptions {
    traces = List.copyOf(traces);
    if (count < 0 || threads < 1) {
      throw new IllegalArgumentException("count %d, threads %d".formatted(count, threads));
    }
  }

  /// The same with other traces.
  public RunOptions withTraces(List<Path> others) {
    return new RunOptions(others, count, threads, seed, csv, stop, progress);
  }

  /// The same with this many packets.
  public RunOptions withCount(long packets) {
    return new RunOptions(traces, packets, threads, seed, csv, stop, progress);
  }

  /// The same on this many threads.
  public RunOptions withThreads(int number) {
    return new RunOptions(traces, count, number, seed, csv, stop, progress);
  }

  /// The same with a row for each packet.
  public RunOptions withCsv(Appendable rows) {
    return new RunOptions(traces, count, threads, seed, rows, stop, progress);
  }
}
