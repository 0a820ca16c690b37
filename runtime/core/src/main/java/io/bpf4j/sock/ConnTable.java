package io.bpf4j.sock;

import org.jspecify.annotations.Nullable;

/// Sockets found by both ends: established TCP connections, or connected UDP sockets. Of several
/// with the same ends the newest comes first; neither family nor interface gives priority.
///
/// A UDP socket may stand under a key that is no longer its own (spec: a direct re-connect); it is
/// then not found here.
public final class ConnTable {
  private final BucketTable buckets = new BucketTable();

  ConnTable() {}

  void add(Sock sock, Key key) {
    buckets.addFirst(key, sock);
  }

  void remove(Sock sock, Key key) {
    buckets.remove(key, sock);
  }

  /// The socket that a packet belongs to, or null.
  public @Nullable Sock find(Probe p) {
    Sock[] found =
        buckets.find(p.dstHi, p.dstLo, p.srcHi, p.srcLo, Key.ports(p.family, p.dport, p.sport));
    for (Sock sock : found) {
      if (matches(sock, p)) {
        return sock;
      }
    }
    return null;
  }

  /// Whether a socket with exactly these ends and no other interface is there.
  boolean taken(Key key, int device) {
    for (Sock sock : buckets.find(key)) {
      if (sock.boundDev == 0 || device == 0 || sock.boundDev == device) {
        return true;
      }
    }
    return false;
  }

  /// inet_match and inet6_match.
  static boolean matches(Sock sock, Probe p) {
    boolean ends =
        p.v4()
            ? sock.rcv4 == (int) p.dstLo && sock.peer4 == (int) p.srcLo
            : sock.inet6()
                && sock.rcvLo == p.dstLo
                && sock.peerLo == p.srcLo
                && sock.rcvHi == p.dstHi
                && sock.peerHi == p.srcHi;
    return ends
        && sock.num == p.dport
        && sock.peerPort == p.sport
        && (sock.boundDev == 0 || sock.boundDev == p.iif);
  }
}
