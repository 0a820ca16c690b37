package io.bpf4j.net;

/// What a socket is looked up by: the packet's addresses and ports, and the interface it came in
/// at.
///
/// @param protocol TCP or UDP
/// @param src where the packet comes from: the remote side of the lookup
/// @param sport its port
/// @param dst where it goes to: the local side
/// @param dport its port
/// @param iif the index of the receiving interface
public record Tuple(Protocol protocol, IpAddr src, Port sport, IpAddr dst, Port dport, int iif) {
  public Tuple {
    if (src.family() != dst.family()) {
      throw new IllegalArgumentException(src + " and " + dst + " are of two families");
    }
    if (iif < 0) {
      throw new IllegalArgumentException("interface index " + iif);
    }
  }

  /// The family of the packet.
  public Family family() {
    return dst.family();
  }

  /// `tcp 192.0.2.1:40000 -> 198.51.100.7:443 ifindex 2`.
  @Override
  public String toString() {
    return "%s %s -> %s ifindex %d"
        .formatted(protocol, endpoint(src, sport), endpoint(dst, dport), iif);
  }

  private static String endpoint(IpAddr address, Port port) {
    return address.family() == Family.INET ? address + ":" + port : "[" + address + "]:" + port;
  }
}
