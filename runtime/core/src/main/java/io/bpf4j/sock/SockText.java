package io.bpf4j.sock;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;

/// A socket in words, for messages.
final class SockText {
  private SockText() {}

  static String of(Sock sock) {
    String name = sock.name();
    StringBuilder text = new StringBuilder("socket ");
    text.append(name.isEmpty() ? Integer.toString(sock.index()) : "'" + name + "'");
    if (sock instanceof UnixSock unix) {
      return text.append(" (unix ").append(unix.kind()).append(')').toString();
    }
    text.append(" (").append(sock.protocol()).append(' ');
    text.append(endpoint(sock.address(), sock.port()));
    IpAddr peer = sock.peerAddress();
    Port port = sock.peerPort();
    if (peer != null && port != null) {
      text.append(" -> ").append(endpoint(peer, port));
    }
    return text.append(')').toString();
  }

  private static String endpoint(IpAddr address, Port port) {
    return address.family() == Family.INET ? address + ":" + port : "[" + address + "]:" + port;
  }
}
