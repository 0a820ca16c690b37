package io.bpf4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InputException;
import org.junit.jupiter.api.Test;

class EnginesTest {
  @Test
  void everyNameHandsOutTheEngineThatBearsIt() {
    assertThat(Engines.names())
        .startsWith("jit")
        .contains("interp", "checked-interp", "checked-jit")
        .allSatisfy(name -> assertThat(Engines.named(name).name()).isEqualTo(name));
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Engines.named("turbo"))
        .isInstanceOf(InputException.class)
        .hasMessage("engine 'turbo': is none of " + String.join(", ", Engines.names()));
  }
}
