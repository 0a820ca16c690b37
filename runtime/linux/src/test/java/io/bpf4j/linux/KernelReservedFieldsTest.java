package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.family.ReservedFields;
import io.bpf4j.conformance.family.ReservedFields.Sample;
import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The kernel takes and refuses the same instructions as the decoder.
final class KernelReservedFieldsTest {
  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  @Test
  void theKernelTakesEveryInstructionAndRefusesWhatMeansNothing() {
    List<String> otherwise = new ArrayList<>();
    for (Sample sample : ReservedFields.samples()) {
      if (sample.inKernel() && takes(sample) != sample.legal()) {
        otherwise.add((sample.legal() ? "refuses " : "takes ") + sample.name());
      }
    }
    assertThat(otherwise).isEmpty();
  }

  /// What it does not look at, so that we are told when it does.
  @Test
  void theKernelTakesAnExitWithAnOffset() {
    List<Sample> samples =
        ReservedFields.samples().stream()
            .filter(s -> s.name().startsWith("exit with off"))
            .toList();
    assertThat(samples).isNotEmpty().allMatch(KernelReservedFieldsTest::takes);
  }

  private static boolean takes(Sample sample) {
    LoadResult result =
        KernelProg.tryLoad(
            LoadRequest.of("reserved", ProgType.SOCKET_FILTER, sample.code(), List.of()));
    if (result instanceof LoadResult.Loaded(KernelProg prog, String _)) {
      prog.close();
      return true;
    }
    return false;
  }
}
