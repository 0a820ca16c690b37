package io.bpf4j.sim;

import io.bpf4j.arch.HouseRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

class SimArchitectureTest extends HouseRules {
  /// The runtime, and of the compiler the object reader and whoever hands out engines.
  private static final Set<String> RUNTIME =
      Set.of(
          ".",
          ".error",
          ".isa",
          ".btf",
          ".mem",
          ".prog",
          ".platform",
          ".engine",
          ".elf",
          ".net",
          ".cbpf",
          ".sock",
          ".map",
          ".sklookup",
          ".helper",
          ".lookup",
          ".netns");

  @Override
  protected Map<String, Set<String>> arrows() {
    Map<String, Set<String>> arrows = new HashMap<>();
    arrows.put(".sim.trace", Set.of(".error", ".net"));
    arrows.put(".sim.scenario", seeing(".sim.trace", "org.snakeyaml.."));
    arrows.put(".sim.replay", seeing(".sim.trace", ".sim.scenario"));
    arrows.put(".sim.explain", seeing(".sim.trace", ".sim.scenario", ".sim.replay"));
    arrows.put(
        ".sim.report",
        seeing(".sim.trace", ".sim.scenario", ".sim.replay", ".sim.explain", "tools.jackson.."));
    arrows.put(
        ".sim",
        seeing(".sim.trace", ".sim.scenario", ".sim.replay", ".sim.explain", ".sim.report"));
    return arrows;
  }

  private static Set<String> seeing(String... packages) {
    Set<String> all = new HashSet<>(RUNTIME);
    all.addAll(Set.of(packages));
    return all;
  }

  @Override
  protected boolean prints() {
    return false;
  }
}
