package io.bpf4j.sim.replay;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.sim.scenario.ResultKind;

/// A packet with what became of it. There is one such object a thread, filled again for each
/// packet: its values hold during the call it is handed to.
public final class PacketView {
  private PacketBatch batch = new PacketBatch();
  private int at;
  private long answer;

  PacketView() {}

  PacketView of(PacketBatch packets, int i, long result) {
    batch = packets;
    at = i;
    answer = result;
    return this;
  }

  /// The number of the frame in its trace, from 1.
  public long frame() {
    return batch.frame[at];
  }

  /// The number of its namespace in the scenario, from 0.
  public int netns() {
    return batch.netns[at];
  }

  public Protocol protocol() {
    return Protocol.of(batch.protocol[at]);
  }

  public IpAddr src() {
    return address(batch.srcHi[at], batch.srcLo[at]);
  }

  public int sport() {
    return batch.sport[at];
  }

  public IpAddr dst() {
    return address(batch.dstHi[at], batch.dstLo[at]);
  }

  public int dport() {
    return batch.dport[at];
  }

  /// The receiving interface's index.
  public int iif() {
    return batch.iif[at];
  }

  public ResultKind result() {
    return Answer.kind(answer);
  }

  /// The number of the socket in the world, or -1.
  public int socket() {
    return Answer.socket(answer);
  }

  /// The number of the link in the world, or -1.
  public int link() {
    return Answer.link(answer);
  }

  private IpAddr address(long hi, long lo) {
    return batch.family[at] == Family.INET.number() ? IpAddr.v4((int) lo) : IpAddr.v6(hi, lo);
  }
}
