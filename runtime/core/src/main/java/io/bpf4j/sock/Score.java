package io.bpf4j.sock;

/// How well a socket fits a packet, as the kernel's `compute_score` functions have it; negative
/// numbers say why it does not fit at all ([Ineligible]).
///
/// | path | base | interface-bound | peer's address and port | incoming CPU |
/// |---|---|---|---|---|
/// | TCP over IPv4 (inet_hashtables.c) | 1, AF_INET 2 | +1 | | +1 |
/// | TCP over IPv6 (inet6_hashtables.c) | 1 | +1 | | +1 |
/// | UDP over IPv4 (ipv4/udp.c) | 1, AF_INET 2 | +4 | +4 each | +1 |
/// | UDP over IPv6 (ipv6/udp.c) | 0 | +1 | +1 each | +1 |
final class Score {
  private Score() {}

  /// The score of a listener for a packet to its port.
  ///
  /// @param hi upper half of the address that is probed: the packet's, or the wildcard
  /// @param lo lower half
  static int tcp(Sock sock, Probe p, long hi, long lo) {
    int refusal = refusal(sock, p, hi, lo);
    if (refusal != 0) {
      return refusal;
    }
    int score = sock.boundDev != 0 ? 2 : 1;
    if (p.v4() && !sock.inet6()) {
      score++;
    }
    return sock.incomingCpu == p.cpu ? score + 1 : score;
  }

  /// The score of a UDP socket for a packet to its port.
  static int udp(Sock sock, Probe p, long hi, long lo) {
    int refusal = refusal(sock, p, hi, lo);
    if (refusal != 0) {
      return refusal;
    }
    boolean v4 = p.v4();
    int weight = v4 ? 4 : 1;
    int score = v4 ? (sock.inet6() ? 1 : 2) : 0;
    if (v4 ? sock.peer4 != 0 : (sock.peerHi | sock.peerLo) != 0) {
      boolean same =
          v4 ? sock.peer4 == (int) p.srcLo : sock.peerHi == p.srcHi && sock.peerLo == p.srcLo;
      if (!same) {
        return Ineligible.OTHER_PEER.score();
      }
      score += weight;
    }
    if (sock.peerPort != 0) {
      if (sock.peerPort != p.sport) {
        return Ineligible.OTHER_PEER.score();
      }
      score += weight;
    }
    if (sock.boundDev != 0) {
      score += weight;
    }
    return sock.incomingCpu == p.cpu ? score + 1 : score;
  }

  private static int refusal(Sock sock, Probe p, long hi, long lo) {
    if (sock.num != p.dport) {
      return Ineligible.OTHER_PORT.score();
    }
    if (p.v4()) {
      if (sock.v6only) {
        return Ineligible.V6ONLY.score();
      }
      if (sock.rcv4 != (int) lo) {
        return Ineligible.OTHER_ADDRESS.score();
      }
    } else {
      if (!sock.inet6()) {
        return Ineligible.INET.score();
      }
      if (sock.rcvHi != hi || sock.rcvLo != lo) {
        return Ineligible.OTHER_ADDRESS.score();
      }
    }
    int dev = sock.boundDev;
    return dev == 0 || dev == p.iif ? 0 : Ineligible.OTHER_DEVICE.score();
  }
}
