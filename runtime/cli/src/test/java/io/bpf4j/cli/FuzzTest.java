package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.linux.KernelSupport;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzTest {
  @TempDir private Path folder = Path.of(".");

  private Cli fuzz(String oracle) {
    return Cli.run(
        "fuzz", "--seconds", "2", "--seed", "9", "--oracle", oracle, "--regressions", folder + "");
  }

  @Test
  void searchesWithoutPrivileges() {
    Cli cli = fuzz("interp");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    assertThat(cli.lines().getFirst()).matches("programs +[1-9]\\d* in .*, seed 9, oracle interp");
    assertThat(cli.lines()).anyMatch(line -> line.matches("mismatches +0"));
  }

  @Test
  void asksTheKernel() {
    assumeTrue(KernelSupport.permitted(), KernelSupport.whyNot());
    Cli cli = fuzz("kernel");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.code()).isZero();
    assertThat(cli.lines())
        .anyMatch(line -> line.matches("refused +\\d+ by the kernel's verifier"));
  }

  @Test
  void takesNoOtherOracle() {
    Cli cli = fuzz("delphi");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains("--oracle delphi: must be kernel or interp").hasLineCount(1);
  }
}
