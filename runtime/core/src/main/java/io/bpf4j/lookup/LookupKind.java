package io.bpf4j.lookup;

/// What came of a lookup.
public enum LookupKind {
  /// The packet belongs to a TCP connection or to a connected UDP socket; no program was asked.
  ESTABLISHED,
  /// A program selected the socket.
  STEERED,
  /// The regular lookup found the socket: a TCP listener, or an unconnected UDP socket.
  LISTENER,
  /// A program refused the packet.
  DROPPED,
  /// The program of a reuseport group refused the packet. The socket is the member through which
  /// the group was asked, the link the one that selected it, if one did.
  DROPPED_BY_GROUP,
  /// There is no socket.
  NONE
}
