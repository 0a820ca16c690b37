package io.bpf4j.sim.explain;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.sock.Sock;

/// Sockets as people write them.
public final class SocketText {
  private SocketText() {}

  /// What it is bound to, and its peer: `tcp 127.0.0.1:8080`, `udp [::1]:53 to [::2]:4000`.
  public static String address(Sock sock) {
    IpAddr peer = sock.peerAddress();
    Port port = sock.peerPort();
    String bound = sock.protocol() + " " + endpoint(sock.address(), sock.port());
    return peer == null || port == null ? bound : bound + " to " + endpoint(peer, port);
  }

  static String endpoint(IpAddr address, Port port) {
    return address.family() == Family.INET ? address + ":" + port : "[" + address + "]:" + port;
  }
}
