package io.bpf4j.worlds;

import io.bpf4j.linux.KernelMap;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;

/// A key of one of the maps of a script.
///
/// @param key 0 to [Step#MAP_SIZE] less 1, or out of the map's range
public record Place(In map, int key) {
  /// The maps of a script that hold sockets.
  public enum In {
    SOCKMAP("m", MapTypes.SOCKMAP),
    SOCKHASH("h", MapTypes.SOCKHASH),
    /// REUSEPORT_SOCKARRAY.
    SOCKARRAY("r", MapTypes.REUSEPORT_SOCKARRAY);

    private final String spelling;
    private final int type;

    In(String spelling, int type) {
      this.spelling = spelling;
      this.type = type;
    }

    /// Its definition; keys are numbers of 4 bytes.
    MapSpec spec() {
      return MapSpec.of(
          name().toLowerCase(java.util.Locale.ROOT),
          type,
          Integer.BYTES,
          Long.BYTES,
          Step.MAP_SIZE,
          0);
    }
  }

  /// `m0`, `h1`, `r2`.
  static Place read(String text) {
    for (In map : In.values()) {
      if (text.startsWith(map.spelling)) {
        return new Place(map, Integer.parseInt(text.substring(1)));
      }
    }
    throw new IllegalArgumentException("'" + text + "' is no place of a map");
  }

  byte[] keyBytes() {
    return KernelMap.index(key);
  }

  @Override
  public String toString() {
    return map.spelling + key;
  }
}
