package io.bpf4j.platform;

/// What a helper returns in R0.
public enum RetType {
  INTEGER,
  VOID,
  /// The address of a map value, or 0. For socket maps a socket the program must release.
  MAP_VALUE_OR_NULL,
  SOCK_OR_NULL,
  MEM_OR_NULL
}
