package io.bpf4j.cli;

import io.bpf4j.arch.HouseRules;
import java.util.Map;
import java.util.Set;

class CliArchitectureTest extends HouseRules {
  @Override
  protected Map<String, Set<String>> arrows() {
    return Map.of(".cli", Set.of("io.bpf4j..", "picocli..", "tools.jackson.."));
  }

  @Override
  protected boolean prints() {
    return true;
  }
}
