package io.bpf4j.sock;

import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;

/// The packet that a lookup is about, as numbers; one a CPU slot, filled again for each packet.
/// Addresses are as in [io.bpf4j.net.IpAddr].
public final class Probe {
  /// 2 or 10, of the packet.
  public int family;

  /// 6 or 17.
  public int protocol;

  public long srcHi;
  public long srcLo;
  public int sport;
  public long dstHi;
  public long dstLo;
  public int dport;

  /// The index of the receiving interface.
  public int iif;

  /// The number of the CPU that received it.
  public int cpu;

  /// Whether the last scan was ended by a reuseport group that refuses the packet.
  boolean refused;

  public void set(
      int family,
      int protocol,
      long srcHi,
      long srcLo,
      int sport,
      long dstHi,
      long dstLo,
      int dport,
      int iif) {
    this.family = family;
    this.protocol = protocol;
    this.srcHi = srcHi;
    this.srcLo = srcLo;
    this.sport = sport;
    this.dstHi = dstHi;
    this.dstLo = dstLo;
    this.dport = dport;
    this.iif = iif;
  }

  public void set(Tuple tuple) {
    set(
        tuple.family().number(),
        tuple.protocol().number(),
        tuple.src().hi(),
        tuple.src().lo(),
        tuple.sport().number(),
        tuple.dst().hi(),
        tuple.dst().lo(),
        tuple.dport().number(),
        tuple.iif());
  }

  boolean v4() {
    return family == Family.INET.number();
  }

  public boolean tcp() {
    return protocol == Protocol.TCP.number();
  }

  /// Whether the last scan was ended by a reuseport group that refuses the packet: nothing further
  /// may be scanned.
  public boolean refused() {
    return refused;
  }
}
