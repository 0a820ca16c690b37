package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A short run of [BorderFuzz]; long ones are started by its main method.
class BorderFuzzTest {
  @BeforeAll
  static void permitted() {
    Live.assumeBpf();
  }

  @Test
  void verdictsAreTheKernels() {
    try (BorderFuzz fuzz = new BorderFuzz(20)) {
      for (int i = 0; i < 2_000; i++) {
        fuzz.next();
      }
      assertThat(fuzz.falseAccepts).isEmpty();
      assertThat(fuzz.falseRejects).isEmpty();
      assertThat(fuzz.accepted).isGreaterThan(200);
      assertThat(fuzz.rejected).isGreaterThan(200);
    }
  }
}
