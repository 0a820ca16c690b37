package io.bpf4j.sim.replay;

import io.bpf4j.net.Family;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.sim.scenario.FloodSpec;
import io.bpf4j.sim.scenario.PortRange;
import io.bpf4j.sim.trace.Packet;
import java.util.BitSet;
import java.util.List;

/// Makes the packets of a flood: the same ones for the same seed. A flow is a function of its
/// number, so flows need no memory but a bit for each that has begun.
final class FloodGenerator {
  /// One packet a microsecond, by the clock of the capture that there is none of.
  private static final long STEP_NANOS = 1_000;

  private static final int FIRST_CLIENT_PORT = 1024;
  private static final int CLIENT_PORTS = 0x10000 - FIRST_CLIENT_PORT;

  private final FloodSpec spec;
  private final long seed;
  private final int netns;
  private final int iif;
  private final long startNanos;
  private final List<List<Prefix>> sources;
  private final int[] portStarts;
  private final int ports;
  private final BitSet begun = new BitSet();
  private long made;

  /// @param startNanos when its first packet comes
  FloodGenerator(FloodSpec spec, long seed, int netns, int iif, long startNanos) {
    this.spec = spec;
    this.seed = mix(seed + spec.name().hashCode());
    this.netns = netns;
    this.iif = iif;
    this.startNanos = startNanos;
    this.sources =
        spec.to().stream()
            .map(to ->
                spec.from().stream()
                    .filter(f -> f.address().family() == to.address().family())
                    .toList())
            .toList();
    this.portStarts = new int[spec.ports().size()];
    int sum = 0;
    for (int i = 0; i < portStarts.length; i++) {
      portStarts[i] = sum;
      sum += spec.ports().get(i).size();
    }
    this.ports = sum;
  }

  /// When the packet after the last one would come.
  long nanos() {
    return startNanos + made * STEP_NANOS;
  }

  /// Fills the rest of a batch; whether there was anything left to fill it with.
  boolean fill(PacketBatch batch) {
    if (made == spec.packets()) {
      return false;
    }
    while (!batch.full() && made < spec.packets()) {
      int i = batch.size++;
      batch.timeNanos[i] = nanos();
      packet(batch, i);
      made++;
      batch.frame[i] = made;
    }
    return true;
  }

  private void packet(PacketBatch batch, int i) {
    long flow = spec.flows() == 0 ? made : Long.remainderUnsigned(random(~made, 0), spec.flows());
    boolean first = spec.flows() == 0 || !begun.get((int) flow);
    if (first && spec.flows() != 0) {
      begun.set((int) flow);
    }
    int which = pick(flow, 1, spec.to().size());
    Prefix to = spec.to().get(which);
    Prefix from = sources.get(which).get(pick(flow, 2, sources.get(which).size()));
    batch.netns[i] = netns;
    batch.iif[i] = iif;
    batch.way[i] = PacketBatch.INCOMING;
    boolean tcp = spec.protocol() == Protocol.TCP;
    batch.protocol[i] = (byte) spec.protocol().number();
    batch.tcpFlags[i] = tcp ? first ? Packet.SYN : Packet.ACK : 0;
    batch.family[i] = (byte) to.address().family().number();
    batch.srcHi[i] = hi(from, random(flow, 3));
    batch.srcLo[i] = lo(from, random(flow, 4));
    batch.dstHi[i] = hi(to, random(flow, 5));
    batch.dstLo[i] = lo(to, random(flow, 6));
    batch.sport[i] = FIRST_CLIENT_PORT + pick(flow, 7, CLIENT_PORTS);
    batch.dport[i] = port(pick(flow, 8, ports));
    batch.rehash(i);
  }

  private int port(int number) {
    int range = portStarts.length - 1;
    while (portStarts[range] > number) {
      range--;
    }
    PortRange found = spec.ports().get(range);
    return found.first() + number - portStarts[range];
  }

  private static long hi(Prefix prefix, long random) {
    return prefix.address().family() == Family.INET
        ? 0
        : prefix.address().hi() | (random & ~mask(prefix.bits()));
  }

  private static long lo(Prefix prefix, long random) {
    return prefix.address().family() == Family.INET
        ? prefix.address().lo() | (random & ~mask(prefix.bits() + 32) & 0xffff_ffffL)
        : prefix.address().lo() | (random & ~mask(prefix.bits() - 64));
  }

  private static long mask(int bits) {
    return bits <= 0 ? 0 : bits >= 64 ? -1 : -1L << (64 - bits);
  }

  private int pick(long flow, int what, int bound) {
    return (int) Long.remainderUnsigned(random(flow, what), bound);
  }

  private long random(long flow, int what) {
    return mix(seed + flow * 0x9e37_79b9_7f4a_7c15L + what * 0xd1b5_4a32_d192_ed03L);
  }

  /// The finisher of SplitMix64.
  private static long mix(long x) {
    long z = x;
    z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
    return z ^ z >>> 31;
  }
}
