package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.linux.KernelSupport;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzWorldsTest {
  @TempDir private Path folder;

  @Test
  void worldsAreCountedOrTheReasonIsGiven() {
    Cli cli =
        Cli.run(
            "fuzz",
            "--worlds",
            "--seconds",
            "2",
            "--threads",
            "1",
            "--regressions",
            folder.toString());
    if (KernelSupport.netns().granted()) {
      assertThat(cli.code()).as(cli.out()).isZero();
      assertThat(cli.out()).contains("worlds ").contains("lookups ").contains("differences 0");
    } else {
      assertThat(cli.code()).isEqualTo(2);
      assertThat(cli.err()).contains("--worlds");
    }
  }

  @Test
  void worldsAreNotComparedWithTheInterpreter() {
    Cli cli = Cli.run("fuzz", "--worlds", "--oracle", "interp");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains("--oracle must be kernel");
  }
}
