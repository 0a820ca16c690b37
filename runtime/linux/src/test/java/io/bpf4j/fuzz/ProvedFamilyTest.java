package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.conformance.family.Families;
import io.bpf4j.conformance.family.Trial;
import io.bpf4j.engine.Engine;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The families of conformance programs on the engine that runs what was proved without checks: the
/// same results as everywhere, and our proof refuses what the kernel's verifier does.
class ProvedFamilyTest {
  private static final Engine VERIFIED = Engines.named("jit");

  @TestFactory
  Stream<DynamicTest> provedProgramsDoWhatTheRowsSay() {
    ProvedHost host = new ProvedHost(VERIFIED);
    return Families.trials().stream()
        .filter(trial -> !trial.engineOnly())
        .map(trial ->
            DynamicTest.dynamicTest(
                trial.name(), () -> assertThat(trial.failures(host)).isEmpty()));
  }

  @Test
  void theProofRefusesWhatTheFilesSay() {
    ProvedHost host = new ProvedHost(VERIFIED);
    for (Trial trial : Families.refusedByTheKernel()) {
      assertThat(host.stops(trial.name(), trial.insns(), trial.memoryBytes(), trial.map(), 0))
          .as(trial.name())
          .isTrue();
    }
  }

  @Test
  void theProofRefusesWhatLeavesItsPlace() {
    assertThat(Families.permitted(new ProvedHost(VERIFIED))).isEmpty();
  }
}
