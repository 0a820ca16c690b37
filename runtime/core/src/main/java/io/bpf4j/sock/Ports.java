package io.bpf4j.sock;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/// Which port a socket gets that asks for none, and who may share a UDP port with whom
/// (net/ipv4/udp.c udp_lib_get_port); of TCP ports [BindBucket] knows.
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

  /// Whether a UDP socket cannot have a port beside those that have it (udp_lib_lport_inuse): the
  /// first that is in the way decides.
  static boolean udpConflict(Sock sock, List<Sock> holders) {
    LocalView address = LocalView.of(sock);
    for (Sock other : holders) {
      if (other != sock
          && !(sock.reuseAddr && other.reuseAddr)
          && devicesMeet(sock, other)
          && address.same(LocalView.of(other), true, true)) {
        return !(sock.reusePort
            && other.reusePort
            && sock.group == null
            && sock.uid() == other.uid());
      }
    }
    return false;
  }

  /// Whether both take packets of some interface.
  static boolean devicesMeet(Sock a, Sock b) {
    return a.boundDev == 0 || b.boundDev == 0 || a.boundDev == b.boundDev;
  }
}
