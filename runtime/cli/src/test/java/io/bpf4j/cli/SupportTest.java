package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class SupportTest {
  @Test
  void theCommittedPageIsWhatTheTablesSay() throws IOException {
    Cli support = Cli.run("support");
    assertThat(support.code()).isEqualTo(ExitCode.OK);
    assertThat(Files.readString(Path.of("../../SUPPORT.md")))
        .as("SUPPORT.md; write it anew with ./bpf4j support > SUPPORT.md")
        .isEqualTo(support.out());
  }

  @Test
  void whatNoEngineExecutesSaysSo() {
    assertThat(Cli.run("support").lines())
        .anyMatch(line -> line.startsWith("| CALL_KFUNC |") && line.contains("refused by name"))
        .anyMatch(line -> line.startsWith("| ATOMIC64 |") && line.endsWith("| yes |"));
  }
}
