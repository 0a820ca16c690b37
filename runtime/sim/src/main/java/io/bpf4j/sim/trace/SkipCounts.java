package io.bpf4j.sim.trace;

/// How many frames were passed over, by reason.
public final class SkipCounts {
  private static final SkipReason[] REASONS = SkipReason.values();

  private final long[] counts = new long[REASONS.length];

  void add(SkipReason reason) {
    counts[reason.ordinal()]++;
  }

  public long of(SkipReason reason) {
    return counts[reason.ordinal()];
  }

  public long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /// `notIp 4, laterFragment 2`, or empty when nothing was passed over.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (SkipReason reason : REASONS) {
      if (of(reason) != 0) {
        text.append(text.isEmpty() ? "" : ", ").append(reason.key()).append(' ').append(of(reason));
      }
    }
    return text.toString();
  }
}
