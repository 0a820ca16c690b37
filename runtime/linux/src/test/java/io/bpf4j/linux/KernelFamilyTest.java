package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.family.Families;
import io.bpf4j.conformance.family.Trial;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// The families of conformance programs on the kernel: the same programs, inputs and results that
/// every engine is held to. Its verifier refuses immediate shifts beyond the width, divisions by an
/// immediate zero and atomic operations that fetch into their base, which the files say.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KernelFamilyTest {
  private KernelHost kernel;

  @BeforeAll
  void liveKernel() {
    Live.assumeBpf();
    kernel = new KernelHost();
  }

  @AfterAll
  void close() {
    if (kernel != null) {
      kernel.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> theKernelDoesWhatTheRowsSay() {
    return Families.trials().stream()
        .filter(trial -> !trial.engineOnly())
        .map(trial ->
            DynamicTest.dynamicTest(
                trial.name(), () -> assertThat(trial.failures(kernel)).isEmpty()));
  }

  @Test
  void theVerifierRefusesWhatTheFilesSay() {
    for (Trial trial : Families.refusedByTheKernel()) {
      assertThat(kernel.stops(trial.name(), trial.insns(), trial.memoryBytes(), trial.map(), 0))
          .as(trial.name())
          .isTrue();
      assertThat(kernel.reason())
          .as(trial.name())
          .matches("invalid shift -?\\d+|div by zero|misaligned access off .*|R\\d invalid mem .*");
    }
  }

  @Test
  void theVerifierRefusesWhatLeavesItsPlace() {
    assertThat(Families.permitted(kernel)).isEmpty();
  }
}
