package io.bpf4j.sim.replay;

import java.util.Arrays;

/// Packets of a traffic that reach the socket lookup, to be looked up again and again.
public final class LookupSample {
  private static final int KINDS = io.bpf4j.sim.scenario.ResultKind.values().length;

  private final Lookups lookups;
  private final PacketBatch packets;
  private final long[] byKind = new long[KINDS];

  LookupSample(Lookups lookups, PacketBatch packets) {
    this.lookups = lookups;
    this.packets = packets;
  }

  /// How many there are.
  public int size() {
    return packets.size;
  }

  /// Looks up the first `of` packets in turn, `runs` lookups in all, without allocating.
  ///
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public void run(int of, long runs) {
    int at = 0;
    for (long i = 0; i < runs; i++) {
      byKind[Answer.kind(lookups.lookup(packets, at)).ordinal()]++;
      at = at + 1 == of ? 0 : at + 1;
    }
  }

  /// What became of all lookups so far, by the kind of result.
  public long[] byKind() {
    return Arrays.copyOf(byKind, KINDS);
  }
}
