package io.bpf4j.worlds;

import io.bpf4j.linux.SockName;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;

/// A packet of a script.
///
/// @param device the interface that receives it, by name
public record Packet(Protocol protocol, SockName src, SockName dst, String device) {
  /// The same as a world takes it.
  Tuple tuple(int ifindex) {
    return new Tuple(protocol, src.address(), src.port(), dst.address(), dst.port(), ifindex);
  }

  /// `tcp 127.0.0.1:40000 127.0.0.1:80 lo`.
  @Override
  public String toString() {
    return protocol + " " + src + " " + dst + " " + device;
  }
}
