package io.bpf4j.sock;

import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import org.jspecify.annotations.Nullable;

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

  /// Whether there is a packet: a lookup that a program asks for, or one for an ICMP error, has
  /// none, and no program of a reuseport group is run for it.
  public boolean packet = true;

  private final GroupRunner groups;

  /// The socket through which a group was asked whose program refused, or null.
  private @Nullable Sock refusedBy;

  /// A packet that is not looked up.
  public Probe() {
    this((_, _, _, _, _, _) -> null);
  }

  /// @param groups runs the programs of groups
  public Probe(GroupRunner groups) {
    this.groups = groups;
  }

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
    this.packet = true;
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

  GroupRunner groups() {
    return groups;
  }

  /// Whether the group asked last refuses the packet: nothing further may be scanned.
  public boolean refused() {
    return refusedBy != null;
  }

  /// The socket through which the group was asked that refuses the packet, or null.
  public @Nullable Sock refusedBy() {
    return refusedBy;
  }

  /// Notes that the program of the socket's group refuses the packet.
  public void refuse(Sock via) {
    refusedBy = via;
  }

  void forgetRefusal() {
    refusedBy = null;
  }
}
