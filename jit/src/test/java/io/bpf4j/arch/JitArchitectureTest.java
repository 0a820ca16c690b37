package io.bpf4j.arch;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

class JitArchitectureTest extends HouseRules {
  @Override
  protected Map<String, Set<String>> arrows() {
    Map<String, Set<String>> arrows = new HashMap<>();
    arrows.put(".error", Set.of());
    arrows.put(".isa", Set.of(".error"));
    arrows.put(".btf", Set.of(".error", ".isa"));
    arrows.put(".mem", Set.of(".error"));
    arrows.put(".prog", Set.of(".error", ".isa", ".btf", ".mem"));
    arrows.put(".elf", Set.of(".error", ".isa", ".btf", ".prog"));
    arrows.put(".platform", Set.of(".error", ".isa", ".mem", ".prog"));
    arrows.put(".verifier", Set.of(".error", ".isa", ".btf", ".mem", ".prog", ".platform"));
    Set<String> engine = Set.of(".error", ".isa", ".mem", ".prog", ".platform", ".verifier");
    arrows.put(".engine", engine);
    arrows.put(".interp", with(engine, ".engine"));
    arrows.put(".codegen", with(engine, ".engine", "org.objectweb.asm.."));
    arrows.put(".", Set.of(".engine", ".interp", ".codegen", ".prog", ".platform", ".error"));
    return arrows;
  }

  private static Set<String> with(Set<String> some, String... more) {
    Set<String> all = new java.util.HashSet<>(some);
    all.addAll(Set.of(more));
    return all;
  }

  @Override
  protected boolean prints() {
    return false;
  }

  @Override
  protected Set<String> tables() {
    return Set.of("InsnForm.java");
  }
}
