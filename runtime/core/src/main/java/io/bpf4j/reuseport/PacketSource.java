package io.bpf4j.reuseport;

import org.jspecify.annotations.Nullable;

/// A CPU slot that knows the packet its program looks at.
public interface PacketSource {
  /// The packet, or null while no program with a packet runs.
  @Nullable GroupPacket packet();
}
