package io.bpf4j.netns;

import io.bpf4j.error.BpfException;
import io.bpf4j.map.RuntimeMap;
import java.util.Map;

/// The maps made from an object. A map that cannot be made stops only the programs that use it.
///
/// @param byName the maps that were made
/// @param refused why the others were not, by name
public record ObjectMaps(Map<String, RuntimeMap> byName, Map<String, BpfException> refused) {
  public ObjectMaps {
    byName = Map.copyOf(byName);
    refused = Map.copyOf(refused);
  }
}
