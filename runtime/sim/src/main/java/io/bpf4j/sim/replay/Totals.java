package io.bpf4j.sim.replay;

import io.bpf4j.sim.scenario.ResultKind;
import java.util.Arrays;

/// What was counted in a replay. Sockets and links are numbered as in the world.
public final class Totals {
  /// Instead of the number of a socket or link: whichever, or none.
  public static final int ANY = -1;

  private static final int KINDS = ResultKind.values().length;

  private final int sockets;
  private final int links;
  private final long[] byResult = new long[KINDS];

  /// Row by kind; the last column of a row is for connections that the host itself opened.
  private final long[] bySocket;

  private final long[] byLink;

  /// By socket and link; only steered packets have both.
  private final long[] steered;

  private long multicast;
  private long sentByHost;
  private long forOthers;
  private long connectionsOpened;
  private long connectionsEvicted;
  private long connectionsExpired;

  Totals(int sockets, int links) {
    this.sockets = sockets;
    this.links = links;
    this.bySocket = new long[KINDS * (sockets + 1)];
    this.byLink = new long[KINDS * (links + 1)];
    this.steered = new long[(sockets + 1) * (links + 1)];
  }

  void count(long answer) {
    int kind = Answer.kind(answer).ordinal();
    int socket = Answer.socket(answer);
    int link = Answer.link(answer);
    byResult[kind]++;
    bySocket[kind * (sockets + 1) + (socket < 0 ? sockets : socket)]++;
    byLink[kind * (links + 1) + (link < 0 ? links : link)]++;
    if (kind == ResultKind.STEERED.ordinal() && socket >= 0 && link >= 0) {
      steered[socket * (links + 1) + link]++;
    }
  }

  void countNotLocal(Disposition.Reason reason) {
    byResult[ResultKind.NOT_LOCAL.ordinal()]++;
    switch (reason) {
      case MULTICAST -> multicast++;
      case SENT_BY_HOST -> sentByHost++;
      case OTHER_HOST, OTHER_ADDRESS -> forOthers++;
    }
  }

  void countConnections(ConnectionTable table) {
    connectionsOpened += table.opened();
    connectionsEvicted += table.evicted();
    connectionsExpired += table.expired();
  }

  void add(Totals other) {
    Arrays.setAll(byResult, i -> byResult[i] + other.byResult[i]);
    Arrays.setAll(bySocket, i -> bySocket[i] + other.bySocket[i]);
    Arrays.setAll(byLink, i -> byLink[i] + other.byLink[i]);
    Arrays.setAll(steered, i -> steered[i] + other.steered[i]);
    multicast += other.multicast;
    sentByHost += other.sentByHost;
    forOthers += other.forOthers;
    connectionsOpened += other.connectionsOpened;
    connectionsEvicted += other.connectionsEvicted;
    connectionsExpired += other.connectionsExpired;
  }

  /// Packets with this result.
  public long of(ResultKind kind) {
    return byResult[kind.ordinal()];
  }

  /// Packets with this result at a socket.
  public long ofSocket(ResultKind kind, int socket) {
    return bySocket[kind.ordinal() * (sockets + 1) + socket];
  }

  /// Packets of connections that the host itself opened.
  public long ofOwnConnections() {
    return bySocket[ResultKind.ESTABLISHED.ordinal() * (sockets + 1) + sockets];
  }

  /// Packets with this result that a link decided.
  public long ofLink(ResultKind kind, int link) {
    return byLink[kind.ordinal() * (links + 1) + link];
  }

  /// Packets with this result at a socket by a link, either of which may be [#ANY].
  public long of(ResultKind kind, int socket, int link) {
    if (socket == ANY) {
      return link == ANY ? of(kind) : ofLink(kind, link);
    }
    return link == ANY
        ? ofSocket(kind, socket)
        : kind == ResultKind.STEERED ? steered[socket * (links + 1) + link] : 0;
  }

  /// All packets.
  public long packets() {
    return Arrays.stream(byResult).sum();
  }

  /// Packets that were looked up, the connection table included.
  public long lookups() {
    return packets() - of(ResultKind.NOT_LOCAL);
  }

  /// Of those not local: to multicast and broadcast addresses.
  public long multicast() {
    return multicast;
  }

  /// Of those not local: sent by the host itself.
  public long sentByHost() {
    return sentByHost;
  }

  /// Of those not local: to other hosts' addresses.
  public long forOthers() {
    return forOthers;
  }

  /// TCP connections that the traffic opened.
  public long connectionsOpened() {
    return connectionsOpened;
  }

  /// Connections that gave way to new ones because there were too many.
  public long connectionsEvicted() {
    return connectionsEvicted;
  }

  /// Connections that were forgotten after being idle.
  public long connectionsExpired() {
    return connectionsExpired;
  }
}
