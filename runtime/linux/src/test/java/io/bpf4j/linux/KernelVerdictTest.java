package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.verifier.VerifierCase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The verifier's cases are what this machine's kernel says, verdicts and reasons.
class KernelVerdictTest {
  static final List<String> FAMILIES = VerifierCase.FAMILIES;

  private static final Map<String, KernelMap> MAPS = new HashMap<>();

  @BeforeEach
  void permitted() {
    Live.assumeBpf();
  }

  @AfterAll
  static void close() {
    MAPS.values().forEach(KernelMap::close);
    MAPS.clear();
  }

  @ParameterizedTest
  @FieldSource("FAMILIES")
  void verdictsAreTheKernels(String family) {
    assertThat(VerifierCase.of(family)).isNotEmpty().allSatisfy(KernelVerdictTest::check);
  }

  private static void check(VerifierCase one) {
    List<KernelMap> maps = one.mapSpecs().stream().map(spec -> map(spec, one.type())).toList();
    LoadRequest request = LoadRequest.of("case", one.type(), InsnEncoder.encode(one.insns()), maps);
    switch (KernelProg.tryLoad(request)) {
      case LoadResult.Loaded(KernelProg prog, String _) -> {
        prog.close();
        assertThat(one.accepted()).as("%s is accepted by the kernel", one).isTrue();
      }
      case LoadResult.Refused refused -> {
        assertThat(one.accepted()).as("%s is refused: %s", one, refused.log()).isFalse();
        for (String part : one.rule().split("; (?=[A-Z])", -1)) {
          assertThat(refused.log()).as(one.toString()).contains(part);
        }
      }
    }
  }

  /// An array of programs belongs to the first type that uses it.
  private static KernelMap map(MapSpec spec, ProgType type) {
    return MAPS.computeIfAbsent(spec.name() + " of " + type, _ -> KernelMap.create(spec));
  }
}
