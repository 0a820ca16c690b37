package io.bpf4j.sim.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is written into a map before the traffic starts, and sizes that its object leaves open.
///
/// @param place where it is named
/// @param object the scenario's name of the object
/// @param map the map's name in the object
/// @param keySize bytes of a key, or null to keep the object's
/// @param valueSize bytes of a value, or null to keep the object's
/// @param maxEntries the capacity, or null to keep the object's
/// @param entries in the order they are written
public record MapFill(
    Place place,
    String object,
    String map,
    @Nullable Integer keySize,
    @Nullable Integer valueSize,
    @Nullable Integer maxEntries,
    List<Entry> entries) {
  public MapFill {
    entries = List.copyOf(entries);
  }

  /// `object.map`.
  public String name() {
    return object + "." + map;
  }

  /// One element.
  ///
  /// @param place where it is written
  /// @param key as it is written; null for maps without keys (QUEUE, STACK, BLOOM_FILTER)
  /// @param value as it is written
  public record Entry(Place place, @Nullable Yaml key, Yaml value) {}
}
