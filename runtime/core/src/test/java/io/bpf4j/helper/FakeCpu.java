package io.bpf4j.helper;

/// A slot whose clock counts up and whose random numbers are a known sequence.
final class FakeCpu extends HostCpu {
  private final TraceLog log = new TraceLog();
  private long nanos = 1000;
  private int random = -1;

  FakeCpu(int index) {
    super(index);
  }

  @Override
  public long clockNanos() {
    return nanos++;
  }

  @Override
  public int nextRandom() {
    return random--;
  }

  @Override
  public TraceLog traceLog() {
    return log;
  }
}
