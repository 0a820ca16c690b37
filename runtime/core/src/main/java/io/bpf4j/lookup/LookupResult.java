package io.bpf4j.lookup;

import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import org.jspecify.annotations.Nullable;

/// What came of a lookup.
public sealed interface LookupResult {
  /// The packet belongs to a TCP connection or to a connected UDP socket; no program was asked.
  record Established(Sock sock) implements LookupResult {}

  /// A program selected the socket, or a member of the socket's reuseport group.
  ///
  /// @param link the link whose selection stands: of several that passed with a selection, the last
  ///   one that made it itself
  record Steered(Sock sock, Link link) implements LookupResult {}

  /// The regular lookup found the socket.
  record Listener(Sock sock) implements LookupResult {}

  /// A program refused the packet, and none selected a socket.
  ///
  /// @param link the first link that dropped
  record DroppedBy(Link link) implements LookupResult {}

  /// The program of a reuseport group refused the packet.
  ///
  /// @param via the member through which the group was asked: found or selected
  /// @param link the link that selected it, or null when the regular lookup found it
  record DroppedByGroup(Sock via, @Nullable Link link) implements LookupResult {}

  /// There is no socket for the packet.
  record NoSocket() implements LookupResult {}
}
