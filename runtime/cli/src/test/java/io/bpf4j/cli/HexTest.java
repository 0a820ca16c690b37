package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HexTest {
  @Test
  void blanksBetweenBytesAndPrefixAreSkipped() {
    assertThat(Hex.parse("memory", "aa  0B\n01")).containsExactly(0xaa, 0x0b, 1);
    assertThat(Hex.parse("memory", "0xff00")).containsExactly(0xff, 0);
    assertThat(Hex.parse("memory", "")).isEmpty();
  }

  @Test
  void blankInsideByteIsRefused() {
    assertThatThrownBy(() -> Hex.parse("memory", "a a"))
        .hasMessage("memory: ' ' at 1 is no hexadecimal digit");
  }

  @Test
  void halfByteIsRefused() {
    assertThatThrownBy(() -> Hex.parse("memory", "aab"))
        .hasMessage("memory: the last byte has one hexadecimal digit");
  }

  @Test
  void digitOfAnotherScriptIsRefused() {
    assertThatThrownBy(() -> Hex.parse("memory", "\u0661\u0661"))
        .isInstanceOf(UsageException.class);
  }
}
