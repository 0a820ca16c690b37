package io.bpf4j.sim.replay;

import static io.bpf4j.sim.trace.Packet.ACK;
import static io.bpf4j.sim.trace.Packet.FIN;
import static io.bpf4j.sim.trace.Packet.NO_FLAGS;
import static io.bpf4j.sim.trace.Packet.RST;
import static io.bpf4j.sim.trace.Packet.SYN;

/// Follows TCP connections through the packets of both directions: says which segments belong to a
/// connection, and which have to be looked up. The rules are in the package's documentation.
///
/// For each segment to the host, call [#inbound]; when it answers [#LOOK_UP], look the segment up
/// and call [#found] with the socket. For each segment from the host, call [#outbound].
final class TcpTracker {
  /// [#inbound]: no connection, the segment is looked up.
  static final int LOOK_UP = -2;

  /// The owner of a connection that the host itself opened to somewhere else.
  static final int OWN_SOCKET = -1;

  /// State bits of a connection: who has sent a FIN.
  private static final int FIN_FROM_REMOTE = 1;

  private static final int FIN_FROM_HOST = 2;
  private static final int CLOSED = FIN_FROM_REMOTE | FIN_FROM_HOST;

  private final ConnectionTable table;
  private final boolean assumeEstablished;

  TcpTracker(ConnectionTable table, boolean assumeEstablished) {
    this.table = table;
    this.assumeEstablished = assumeEstablished;
  }

  /// The socket whose connection the segment belongs to ([#OWN_SOCKET] for one that the host
  /// opened), or [#LOOK_UP].
  int inbound(PacketBatch b, int i) {
    table.time(b.timeNanos[i]);
    int slot =
        table.find(b.hash[i], b.dstHi[i], b.dstLo[i], b.srcHi[i], b.srcLo[i], inboundPorts(b, i));
    if (slot == ConnectionTable.ABSENT) {
      return LOOK_UP;
    }
    int flags = b.tcpFlags[i];
    if (table.state(slot) == CLOSED && begins(flags)) {
      table.remove(slot);
      return LOOK_UP;
    }
    int owner = table.socket(slot);
    follow(slot, flags, FIN_FROM_REMOTE);
    return owner;
  }

  /// What [#inbound] would answer, without following the segment.
  int owner(PacketBatch b, int i) {
    table.time(b.timeNanos[i]);
    int slot =
        table.find(b.hash[i], b.dstHi[i], b.dstLo[i], b.srcHi[i], b.srcLo[i], inboundPorts(b, i));
    boolean known =
        slot != ConnectionTable.ABSENT && !(table.state(slot) == CLOSED && begins(b.tcpFlags[i]));
    return known ? table.socket(slot) : LOOK_UP;
  }

  /// The segment that [#inbound] sent to be looked up found this listening socket.
  void found(PacketBatch b, int i, int socket) {
    int flags = b.tcpFlags[i];
    if (flags == NO_FLAGS || begins(flags) || (assumeEstablished && (flags & RST) == 0)) {
      int slot =
          table.open(
              b.hash[i],
              b.dstHi[i],
              b.dstLo[i],
              b.srcHi[i],
              b.srcLo[i],
              inboundPorts(b, i),
              socket);
      if (flags != NO_FLAGS && (flags & FIN) != 0) {
        table.state(slot, FIN_FROM_REMOTE);
      }
    }
  }

  /// A segment that the host sent.
  void outbound(PacketBatch b, int i) {
    table.time(b.timeNanos[i]);
    long ports = ConnectionTable.rest(b.netns[i], b.family[i], b.sport[i], b.dport[i]);
    int slot = table.find(b.hash[i], b.srcHi[i], b.srcLo[i], b.dstHi[i], b.dstLo[i], ports);
    int flags = b.tcpFlags[i];
    if (flags != NO_FLAGS && begins(flags)) {
      if (slot != ConnectionTable.ABSENT && table.state(slot) == CLOSED) {
        table.remove(slot);
        slot = ConnectionTable.ABSENT;
      }
      if (slot == ConnectionTable.ABSENT) {
        table.open(b.hash[i], b.srcHi[i], b.srcLo[i], b.dstHi[i], b.dstLo[i], ports, OWN_SOCKET);
        return;
      }
    }
    if (slot != ConnectionTable.ABSENT) {
      follow(slot, flags, FIN_FROM_HOST);
    }
  }

  private void follow(int slot, int flags, int fin) {
    if (flags != NO_FLAGS && (flags & RST) != 0) {
      table.remove(slot);
      return;
    }
    if (flags != NO_FLAGS && (flags & FIN) != 0) {
      table.state(slot, table.state(slot) | fin);
    }
    table.touch(slot);
  }

  /// A SYN that asks for a connection.
  private static boolean begins(int flags) {
    return flags != NO_FLAGS && (flags & (SYN | ACK | RST)) == SYN;
  }

  private static long inboundPorts(PacketBatch b, int i) {
    return ConnectionTable.rest(b.netns[i], b.family[i], b.dport[i], b.sport[i]);
  }
}
