package io.bpf4j.cli;

import io.bpf4j.helper.HostCpu;
import io.bpf4j.helper.TraceLog;
import java.util.SplittableRandom;

/// A CPU slot with no world around it, for programs that get nothing but memory. Its clock goes on
/// by a microsecond each time it is read; its random numbers are the same in every run.
final class PluginCpu extends HostCpu {
  private static final int TICK_NANOS = 1000;

  private final SplittableRandom random = new SplittableRandom(1);
  private final TraceLog log = new TraceLog();
  private long nanos;

  PluginCpu() {
    super(0);
  }

  @Override
  public long clockNanos() {
    nanos += TICK_NANOS;
    return nanos;
  }

  @Override
  public int nextRandom() {
    return random.nextInt();
  }

  @Override
  public TraceLog traceLog() {
    return log;
  }
}
