package io.bpf4j.arch;

import java.util.Map;
import java.util.Set;

class LinuxArchitectureTest extends HouseRules {
  @Override
  protected Map<String, Set<String>> arrows() {
    return Map.of(
        ".linux",
        Set.of(".error", ".isa", ".mem", ".prog", ".net", ".map"),
        ".fuzz",
        Set.of(
            ".",
            ".error",
            ".isa",
            ".mem",
            ".prog",
            ".platform",
            ".engine",
            ".map",
            ".helper",
            ".linux"),
        ".worlds",
        Set.of(
            ".error",
            ".isa",
            ".prog",
            ".engine",
            ".net",
            ".sock",
            ".map",
            ".sklookup",
            ".lookup",
            ".netns",
            ".linux"));
  }

  @Override
  protected boolean prints() {
    return false;
  }

  /// The cases of the lookup, one after another.
  @Override
  protected Set<String> tables() {
    return Set.of("SelftestCasesTest.java", "EdgeCasesTest.java", "LifeCasesTest.java");
  }
}
