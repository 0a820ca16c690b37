package io.bpf4j.sock;

import io.bpf4j.net.IpAddr;
import org.jspecify.annotations.Nullable;

/// What sockets ask of the network stack below them.
public interface Routes {
  /// The source address of packets to a destination.
  ///
  /// @param device the index of the interface they must leave by; 0 for any
  /// @return an address of the destination's family, or null when there is no way to it
  @Nullable IpAddr source(IpAddr destination, int device);

  /// Whether there is an interface with this index.
  boolean hasDevice(int ifindex);
}
