package io.bpf4j.sock;

/// A socket's local address as the checks for shared ports compare it
/// (net/ipv4/inet_connection_sock.c inet_rcv_saddr_equal and what it calls).
record LocalView(boolean inet6, boolean v6only, int rcv4, long hi, long lo) {
  static LocalView of(Sock sock) {
    return new LocalView(sock.inet6(), sock.v6only, sock.rcv4, sock.rcvHi, sock.rcvLo);
  }

  private boolean mapped() {
    return inet6 && hi == 0 && lo >>> 32 == 0xffff;
  }

  private boolean any6() {
    return inet6 && (hi | lo) == 0;
  }

  /// Whether the kernel takes both for the same address. The relation is not symmetric.
  ///
  /// @param wildcard whether a wildcard here is the same as every address it covers
  /// @param otherWildcard the same of the other
  boolean same(LocalView other, boolean wildcard, boolean otherWildcard) {
    boolean otherMapped = !other.inet6 || other.mapped();
    if (!inet6 || (mapped() && otherMapped)) {
      return !other.v6only
          && (rcv4 == other.rcv4 || (wildcard && rcv4 == 0) || (otherWildcard && other.rcv4 == 0));
    }
    if (any6() && other.any6()) {
      return true;
    }
    if (other.any6() && otherWildcard && !(other.v6only && mapped())) {
      return true;
    }
    if (any6() && wildcard && !(v6only && otherMapped)) {
      return true;
    }
    return other.inet6 && hi == other.hi && lo == other.lo;
  }
}
