package io.bpf4j.sock;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The TCP sockets that have one port, and who may join them (net/ipv4/inet_connection_sock.c
/// inet_csk_get_port).
///
/// The bucket remembers who came last with SO_REUSEPORT, and lets a newcomer with the same address
/// in without comparing it with the others (inet_csk_update_fastreuse, sk_reuseport_match). This is
/// more than a short cut: it lets in some that a comparison would refuse. Linux 6.18 was meant to
/// remember more, but sees a new bucket as one that is in use.
final class BindBucket {
  private final List<Sock> socks = new ArrayList<>();

  /// Who came last with SO_REUSEPORT, if no socket without it came later; null for none.
  private @Nullable Sharer sharer;

  /// A socket that let others in by SO_REUSEPORT, as it was then.
  private record Sharer(int uid, LocalView address) {}

  List<Sock> socks() {
    return socks;
  }

  /// Whether a socket may have the port, named by the user.
  boolean admits(Sock sock) {
    return socks.isEmpty() || shares(sock) || !conflict(sock, true);
  }

  /// Whether a socket may be given the port when it asks for any: then SO_REUSEADDR and
  /// SO_REUSEPORT do not count.
  boolean free(Sock sock) {
    return !conflict(sock, false);
  }

  /// sk_reuseport_match.
  private boolean shares(Sock sock) {
    Sharer by = sharer;
    return by != null
        && sock.reusePort
        && sock.group == null
        && by.uid == sock.uid()
        && by.address.same(LocalView.of(sock), true, false);
  }

  /// inet_csk_bind_conflict.
  private boolean conflict(Sock sock, boolean chosen) {
    LocalView address = LocalView.of(sock);
    for (Sock other : socks) {
      if (!other.equals(sock)
          && Ports.devicesMeet(sock, other)
          && address.same(LocalView.of(other), true, true)) {
        boolean byAddr = sock.reuseAddr && other.reuseAddr && !other.listening();
        boolean byPort =
            sock.reusePort && other.reusePort && sock.group == null && sock.uid() == other.uid();
        if (!chosen || (!byAddr && !byPort)) {
          return true;
        }
      }
    }
    return false;
  }

  /// Lets a socket in, or notes that one that is in asked once more, to listen.
  void admit(Sock sock) {
    if (!sock.reusePort) {
      sharer = null;
    } else if (!shares(sock)) {
      sharer = new Sharer(sock.uid(), LocalView.of(sock));
    }
    if (!socks.contains(sock)) {
      socks.add(sock);
    }
  }

  /// Lets a socket in that asks for nothing: it connects, or was accepted.
  void join(Sock sock) {
    socks.add(sock);
  }

  /// The bucket of a port without sockets is forgotten, and with it what they had in common.
  void leave(Sock sock) {
    socks.remove(sock);
  }
}
