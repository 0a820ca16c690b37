package io.bpf4j.verifier;

import io.bpf4j.prog.MapSpec;
import java.util.List;
import java.util.Map;

/// The maps of the generated programs, and of the cases.
public final class BorderMaps {
  /// The maps every program may use, by index.
  public static final List<MapSpec> MAPS =
      List.of(
          MapSpec.of("one", 2, 4, 64, 1, 0),
          MapSpec.of("hash", 1, 8, 48, 16, 0),
          MapSpec.of("array", 2, 4, 16, 4, 0),
          MapSpec.of("ring", 27, 0, 0, 4096, 0),
          MapSpec.of("socks", 15, 4, 8, 4, 0),
          MapSpec.of("progs", 3, 4, 4, 4, 0),
          MapSpec.of("sockhash", 18, 8, 8, 4, 0),
          new MapSpec("rodata", 2, 4, 32, 1, 0, 0, rodata(), true, null, Map.of()),
          MapSpec.of("queue", 22, 0, 8, 4, 0),
          new MapSpec(
              "outer",
              12,
              4,
              4,
              2,
              0,
              0,
              null,
              false,
              MapSpec.of("inner", 2, 4, 16, 4, 0),
              Map.of()),
          MapSpec.of("percpu", 6, 4, 16, 2, 0),
          MapSpec.of("reuse", 20, 4, 8, 4, 0));

  private BorderMaps() {}

  /// The map of a name.
  public static MapSpec map(String name) {
    return MAPS.stream().filter(map -> map.name().equals(name)).findFirst().orElseThrow();
  }

  private static byte[] rodata() {
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 7);
    }
    bytes[31] = 0;
    return bytes;
  }
}
