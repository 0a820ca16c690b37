package io.bpf4j.sim.replay;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;

/// A single packet, outside of any stream.
public final class OnePacket {
  private final PacketBatch batch = new PacketBatch(1);

  /// A packet to one of the scenario's namespaces, of whose flags nothing is known.
  ///
  /// @param netns the number of the namespace in the scenario
  /// @param nanos when it comes, by the clock of the traffic
  public OnePacket(Tuple tuple, int netns, long nanos) {
    batch.size = 1;
    batch.frame[0] = 1;
    batch.timeNanos[0] = nanos;
    batch.netns[0] = netns;
    batch.iif[0] = tuple.iif();
    batch.protocol[0] = (byte) tuple.protocol().number();
    batch.family[0] = (byte) tuple.family().number();
    batch.tcpFlags[0] = io.bpf4j.sim.trace.Packet.NO_FLAGS;
    batch.srcHi[0] = tuple.src().hi();
    batch.srcLo[0] = tuple.src().lo();
    batch.dstHi[0] = tuple.dst().hi();
    batch.dstLo[0] = tuple.dst().lo();
    batch.sport[0] = tuple.sport().number();
    batch.dport[0] = tuple.dport().number();
    batch.rehash(0);
  }

  OnePacket(PacketBatch from, int i) {
    batch.source = from.source;
    batch.add(from, i);
  }

  PacketBatch batch() {
    return batch;
  }

  /// The number of its namespace in the scenario.
  public int netns() {
    return batch.netns[0];
  }

  public Tuple tuple() {
    return new Tuple(
        Protocol.of(batch.protocol[0]),
        address(batch.srcHi[0], batch.srcLo[0]),
        new Port(batch.sport[0]),
        address(batch.dstHi[0], batch.dstLo[0]),
        new Port(batch.dport[0]),
        batch.iif[0]);
  }

  private IpAddr address(long hi, long lo) {
    return batch.family[0] == Family.INET.number() ? IpAddr.v4((int) lo) : IpAddr.v6(hi, lo);
  }
}
