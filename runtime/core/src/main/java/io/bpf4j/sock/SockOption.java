package io.bpf4j.sock;

/// The socket options that the socket lookup or its programs can see, by their names in setsockopt.
public enum SockOption {
  /// Lets sockets that do not listen share a port.
  SO_REUSEADDR,
  /// Lets sockets share a port and be a group.
  SO_REUSEPORT,
  /// The interface by its index (SO_BINDTODEVICE by name); 0 for none.
  SO_BINDTOIFINDEX,
  SO_MARK,
  SO_PRIORITY,
  /// The preferred CPU; -1 for none.
  SO_INCOMING_CPU,
  /// Only for AF_INET6 sockets, before they have a port.
  IPV6_V6ONLY
}
