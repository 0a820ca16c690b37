package io.bpf4j.sock;

import io.bpf4j.net.Family;

/// What sockets are hashed by: a local address and port, and for connections the peer's too.
///
/// @param ports local port, peer's port, and for connections the family
record Key(long localHi, long localLo, long peerHi, long peerLo, long ports) {
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  /// The bucket of an address and port. IPv4 addresses and their mapped forms share one, and so do
  /// both wildcards (include/net/ipv6.h ipv6_portaddr_hash).
  static Key bucket(long hi, long lo, int port) {
    return new Key(hi, lo, 0, 0, port);
  }

  /// A connection between two IPv4 addresses.
  static Key connection4(int local, int localPort, int peer, int peerPort) {
    return new Key(
        0,
        Integer.toUnsignedLong(local),
        0,
        Integer.toUnsignedLong(peer),
        ports(Family.INET.number(), localPort, peerPort));
  }

  static long ports(int family, int localPort, int peerPort) {
    return (long) family << 32 | (long) localPort << 16 | peerPort;
  }

  int hash() {
    return hash(localHi, localLo, peerHi, peerLo, ports);
  }

  static int hash(long localHi, long localLo, long peerHi, long peerLo, long ports) {
    long h = (localLo ^ Long.rotateLeft(ports, 40)) * GOLDEN;
    h = (h ^ h >>> 32 ^ localHi ^ Long.rotateLeft(peerLo, 20)) * GOLDEN;
    h = (h ^ h >>> 29 ^ peerHi) * GOLDEN;
    return (int) (h ^ h >>> 32);
  }
}
