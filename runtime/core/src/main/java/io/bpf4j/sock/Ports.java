package io.bpf4j.sock;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/// Who may share a port with whom, and which port a socket gets that asks for none
/// (net/ipv4/inet_connection_sock.c inet_csk_get_port, net/ipv4/udp.c udp_lib_get_port).
final class Ports {
  /// The default of net.ipv4.ip_local_port_range.
  private static final int FIRST = 32768;

  private static final int LAST = 60999;

  private final SplittableRandom random;

  Ports(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /// An ephemeral port that is free, or 0 when there is none.
  int choose(IntPredicate free) {
    int range = LAST - FIRST + 1;
    int start = random.nextInt(range);
    for (int i = 0; i < range; i++) {
      int port = FIRST + (start + i) % range;
      if (free.test(port)) {
        return port;
      }
    }
    return 0;
  }

  /// Whether a TCP socket cannot have a port beside those that have it (inet_csk_bind_conflict).
  ///
  /// @param chosen whether the user named the port: only then SO_REUSEPORT shares it, and
  ///   SO_REUSEADDR too
  static boolean tcpConflict(Sock sock, List<Sock> holders, boolean chosen) {
    boolean noGroup = sock.group == null;
    for (Sock other : holders) {
      if (other == sock || !devicesMeet(sock, other) || !sameAddress(sock, other, true)) {
        continue;
      }
      boolean together = sock.reusePort && other.reusePort && noGroup && sock.uid() == other.uid();
      boolean addrShared = sock.reuseAddr && other.reuseAddr && other.state != SockState.LISTEN;
      if (!chosen || (!addrShared && !together)) {
        return true;
      }
    }
    return false;
  }

  /// Whether a UDP socket cannot have a port beside those that have it (udp_lib_lport_inuse): the
  /// first that is in the way decides.
  static boolean udpConflict(Sock sock, List<Sock> holders) {
    for (Sock other : holders) {
      if (other != sock
          && !(sock.reuseAddr && other.reuseAddr)
          && devicesMeet(sock, other)
          && sameAddress(sock, other, true)) {
        return !(sock.reusePort
            && other.reusePort
            && sock.group == null
            && sock.uid() == other.uid());
      }
    }
    return false;
  }

  private static boolean devicesMeet(Sock a, Sock b) {
    return a.boundDev == 0 || b.boundDev == 0 || a.boundDev == b.boundDev;
  }

  /// Whether two sockets' local addresses are the same to the kernel (inet_rcv_saddr_equal).
  ///
  /// @param wildcards whether a wildcard is the same as every address it covers
  static boolean sameAddress(Sock a, Sock b, boolean wildcards) {
    if (!a.inet6()) {
      return !b.v6only && same4(a, b, wildcards);
    }
    boolean mappedA = a.boundToMapped();
    boolean mappedB = !b.inet6() || b.boundToMapped();
    if (mappedA && mappedB) {
      return !b.v6only && same4(a, b, wildcards);
    }
    boolean anyA = !mappedA && a.boundToAny6();
    boolean anyB = !mappedB && b.boundToAny6();
    if (anyA && anyB) {
      return true;
    }
    if (anyB && wildcards && !(b.v6only && mappedA)) {
      return true;
    }
    if (anyA && wildcards && !(a.v6only && mappedB)) {
      return true;
    }
    return b.inet6() && a.rcvHi == b.rcvHi && a.rcvLo == b.rcvLo;
  }

  private static boolean same4(Sock a, Sock b, boolean wildcards) {
    return a.rcv4 == b.rcv4 || (wildcards && (a.rcv4 == 0 || b.rcv4 == 0));
  }
}
