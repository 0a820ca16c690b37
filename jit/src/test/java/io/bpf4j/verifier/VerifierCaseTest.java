package io.bpf4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bpf4j.error.VerifierException;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The verdicts of the kernel, one idea a case.
class VerifierCaseTest {
  static final List<String> FAMILIES = VerifierCase.FAMILIES;

  @ParameterizedTest
  @FieldSource("FAMILIES")
  void verdictsAreTheKernels(String family) {
    assertThat(VerifierCase.of(family)).isNotEmpty().allSatisfy(VerifierCaseTest::check);
  }

  private static void check(VerifierCase one) {
    Throwable refusal = catchThrowable(() -> Verifier.kernel().verify(one.subject()));
    if (one.accepted()) {
      assertThat(refusal).as(one.toString()).isNull();
    } else {
      assertThat(refusal).as(one.toString()).isInstanceOf(VerifierException.class);
      if (!one.rule().isEmpty()) {
        assertThat(((VerifierException) refusal).rule()).as(one.toString()).isEqualTo(one.rule());
      }
    }
  }

  @Test
  void thereAreManyOfBothVerdicts() {
    List<VerifierCase> all =
        Stream.of(VerifierCase.FAMILIES)
            .flatMap(List::stream)
            .map(VerifierCase::of)
            .flatMap(List::stream)
            .toList();
    assertThat(all).hasSizeGreaterThan(1600);
    assertThat(all.stream().filter(VerifierCase::accepted).count()).isGreaterThan(600);
    assertThat(new HashSet<>(all.stream().map(VerifierCase::toString).toList())).hasSameSizeAs(all);
  }
}
