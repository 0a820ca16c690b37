package io.bpf4j.conformance.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InsnFormatException;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.InsnEncoder;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The decoder takes every instruction, and none with something in a field that means nothing.
class ReservedFieldsTest {
  private static final List<ReservedFields.Sample> SAMPLES = ReservedFields.samples();

  @Test
  void everyInstructionIsDecoded() {
    SAMPLES.stream()
        .filter(ReservedFields.Sample::legal)
        .forEach(sample ->
            assertThat(InsnEncoder.encode(InsnDecoder.decode(sample.code())))
                .as(sample.name())
                .isEqualTo(sample.code()));
  }

  @Test
  void somethingInAFieldThatMeansNothingIsRefused() {
    List<ReservedFields.Sample> illegal = SAMPLES.stream().filter(s -> !s.legal()).toList();
    assertThat(illegal).hasSizeGreaterThan(1000);
    for (ReservedFields.Sample sample : illegal) {
      assertThatThrownBy(() -> InsnDecoder.decode(sample.code()))
          .as(sample.name())
          .isInstanceOf(InsnFormatException.class)
          .hasMessageStartingWith("insn ");
    }
  }
}
