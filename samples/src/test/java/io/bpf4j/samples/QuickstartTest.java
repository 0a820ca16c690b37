package io.bpf4j.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.lookup.LookupResult;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class QuickstartTest {
  @Test
  void theConnectionIsSteered() {
    assertThat(Quickstart.lookup(Path.of(".")))
        .isInstanceOfSatisfying(
            LookupResult.Steered.class,
            steered -> {
              assertThat(steered.sock().name()).isEqualTo("web");
              assertThat(steered.link().name()).isEqualTo("steer");
            });
  }
}
