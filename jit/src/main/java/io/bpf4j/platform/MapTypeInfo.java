package io.bpf4j.platform;

import java.util.Set;

/// A row of the map type table, as engines need it.
///
/// @param number the uapi number
/// @param name the uapi name: `BPF_MAP_TYPE_HASH`
/// @param values what helpers exchange as values
/// @param helpers ids of the helpers that take it
/// @param implemented whether it can be created here
public record MapTypeInfo(
    int number, String name, Values values, Set<Integer> helpers, boolean implemented) {
  /// What a map's values are to a program.
  public enum Values {
    BYTES,
    SOCKETS,
    MAPS,
    PROGRAMS,
    OTHER
  }

  public MapTypeInfo {
    helpers = Set.copyOf(helpers);
  }
}
