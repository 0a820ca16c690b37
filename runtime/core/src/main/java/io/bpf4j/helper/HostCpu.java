package io.bpf4j.helper;

import io.bpf4j.mem.Cpu;

/// The CPU slot that the helpers of this package need: a slot with a clock, a source of random
/// numbers and a trace log, all of them the simulation's and therefore repeatable.
public abstract class HostCpu extends Cpu {
  protected HostCpu(int index) {
    super(index);
  }

  /// Simulated nanoseconds since boot: `bpf_ktime_get_ns`.
  public abstract long clockNanos();

  /// The next number of this slot's seeded sequence: `bpf_get_prandom_u32`.
  public abstract int nextRandom();

  /// Where `bpf_trace_printk` writes.
  public abstract TraceLog traceLog();
}
