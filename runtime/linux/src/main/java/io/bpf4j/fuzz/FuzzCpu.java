package io.bpf4j.fuzz;

import io.bpf4j.helper.HostCpu;
import io.bpf4j.helper.TraceLog;

/// A CPU slot with no world around it. What differs from kernel to kernel, time and randomness, is
/// nothing that programs here ask for.
final class FuzzCpu extends HostCpu {
  private final TraceLog log = new TraceLog();

  FuzzCpu() {
    super(0);
  }

  @Override
  public long clockNanos() {
    return 0;
  }

  @Override
  public int nextRandom() {
    return 0;
  }

  @Override
  public TraceLog traceLog() {
    return log;
  }
}
