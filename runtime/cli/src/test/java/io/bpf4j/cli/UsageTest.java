package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageTest {
  @Test
  void commandThatDoesNotExistIsNamedInOneLine() {
    Cli cli = Cli.run("attach", "x.o");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err())
        .startsWith("bpf4j: 'attach' is not available in this version")
        .hasLineCount(1);
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void misspeltCommandGetsTheNearestWord() {
    assertThat(Cli.run("doktor").err()).endsWith("; did you mean 'doctor'?\n");
  }

  @Test
  void unknownOptionGetsTheNearestOneInOneLine() {
    Cli cli = Cli.run("trace", "--tuple=3", "x.pcap");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err())
        .isEqualTo("bpf4j trace: unknown option '--tuple'; did you mean '--tuples'?\n");
  }

  @Test
  void missingArgumentIsNamed() {
    Cli cli = Cli.run("trace");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).startsWith("bpf4j trace: ").contains("FILE").hasLineCount(1);
  }

  @Test
  void missingFileIsNamedInOneLine(@TempDir Path dir) {
    Path file = dir.resolve("nope.pcap");
    Cli cli = Cli.run("trace", file.toString());
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("bpf4j trace: " + file + ": no such file\n");
  }

  @Test
  void fileThatIsNoCaptureIsRefusedInOneLine() {
    Cli cli =
        Cli.run(
            "no capture at all".getBytes(java.nio.charset.StandardCharsets.UTF_8), "trace", "-");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).startsWith("bpf4j trace: standard input").hasLineCount(1);
  }

  @Test
  void everyCommandHasHelp() {
    Cli all = Cli.run("--help");
    assertThat(all.code()).isZero();
    for (String command : new String[] {"load", "disasm", "trace", "doctor"}) {
      assertThat(all.out()).contains("\n  " + command);
      Cli help = Cli.run(command, "--help");
      assertThat(help.code()).isZero();
      assertThat(help.out()).startsWith("Usage: bpf4j " + command);
      assertThat(help.err()).isEmpty();
    }
  }
}
