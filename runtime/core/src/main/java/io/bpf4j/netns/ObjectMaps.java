package io.bpf4j.netns;

import io.bpf4j.error.BindException;
import io.bpf4j.error.BpfException;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
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

  /// The map with a name.
  ///
  /// @throws BpfException why it could not be made, or that there is none
  public RuntimeMap map(String name) {
    BpfException why = refused.get(name);
    if (why != null) {
      throw why;
    }
    RuntimeMap map = byName.get(name);
    if (map == null) {
      throw new BindException(
          "map '" + name + "'", "is none of " + String.join(", ", byName.keySet()));
    }
    return map;
  }

  /// The SOCKMAP or SOCKHASH with a name.
  ///
  /// @throws BpfException as [#map], or that it holds no sockets
  public SocketMap sockets(String name) {
    if (map(name) instanceof SocketMap sockets) {
      return sockets;
    }
    throw new BindException("map '" + name + "'", "holds no sockets");
  }
}
