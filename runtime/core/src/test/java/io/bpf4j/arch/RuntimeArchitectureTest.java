package io.bpf4j.arch;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

class RuntimeArchitectureTest extends HouseRules {
  /// What the runtime may use of the compiler: never an engine's inside, nor the object reader.
  private static final Set<String> JIT = Set.of(".error", ".mem", ".prog", ".platform", ".engine");

  @Override
  protected Map<String, Set<String>> arrows() {
    Map<String, Set<String>> arrows = new HashMap<>();
    arrows.put(".net", Set.of());
    arrows.put(".cbpf", Set.of(".error"));
    arrows.put(".sock", seeing(".net", ".cbpf"));
    arrows.put(".map", seeing(".net", ".sock"));
    arrows.put(".sklookup", seeing(".net", ".sock", ".map"));
    arrows.put(".reuseport", seeing(".net", ".cbpf", ".sock", ".map", ".sklookup"));
    arrows.put(".helper", seeing(".net", ".sock", ".map", ".sklookup", ".reuseport"));
    arrows.put(".lookup", seeing(".net", ".sock", ".map", ".sklookup", ".reuseport", ".helper"));
    arrows.put(".packet", seeing());
    arrows.put(
        ".netns",
        seeing(
            ".net", ".sock", ".map", ".sklookup", ".reuseport", ".helper", ".lookup", ".packet"));
    return arrows;
  }

  private static Set<String> seeing(String... packages) {
    Set<String> all = new HashSet<>(JIT);
    all.addAll(Set.of(packages));
    return all;
  }

  @Override
  protected boolean prints() {
    return false;
  }

  @Override
  protected Set<String> tables() {
    return Set.of("NamedHelpers.java");
  }
}
