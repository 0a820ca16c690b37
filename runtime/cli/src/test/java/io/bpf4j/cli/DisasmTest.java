package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.isa.Assembler;
import io.bpf4j.prog.BpfObject;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DisasmTest {
  @Test
  void instructionsAreInTheKernelsSpellingWithMapsNamed() {
    Cli cli = Cli.run("disasm", LoadTest.STEER);
    assertThat(cli.code()).isZero();
    assertThat(cli.lines()).startsWith("; sk_lookup, section 'sk_lookup', 43 insns", "steer:");
    assertThat(cli.out())
        .containsPattern("   9: r1 = map\\[idx:0] +; services")
        .contains("call bpf_map_lookup_elem#1")
        .doesNotContain("steer.bpf.c");
    assertThat(cli.lines().getLast()).isEqualTo("  42: exit");
  }

  /// The listing is a program: without the numbers the assembler reads it back.
  @Test
  void listingAssemblesToTheProgram() {
    String listing =
        Cli.run("disasm", LoadTest.CHAIN, "--prog", "policy", "--source")
            .out()
            .lines()
            .map(line -> line.replaceFirst("^ *\\d+: ", ""))
            .collect(Collectors.joining("\n"));
    BpfObject object = BpfObjectReader.read(Path.of(LoadTest.CHAIN));
    assertThat(Assembler.assemble(listing))
        .isEqualTo(Objects.requireNonNull(object.program("policy")).insns());
  }

  @Test
  void sourceStandsBeforeItsInstructions() {
    Cli cli = Cli.run("disasm", LoadTest.STEER, "--source");
    assertThat(cli.lines().get(2))
        .matches("; steer\\.bpf\\.c:\\d+: int steer\\(struct bpf_sk_lookup \\*ctx\\)");
    assertThat(cli.lines().get(3)).startsWith("   0: ");
  }

  @Test
  void programsCanBeChosen() {
    String all = Cli.run("disasm", LoadTest.CHAIN).out();
    String route = Cli.run("disasm", LoadTest.CHAIN, "--prog", "route").out();
    String policy = Cli.run("disasm", LoadTest.CHAIN, "--prog", "policy").out();
    assertThat(all).isEqualTo(route + System.lineSeparator() + policy);
  }

  @Test
  void bytecodeComesWithTheReportOfItsMethods() {
    Cli cli = Cli.run("disasm", LoadTest.STEER, "--jvm");
    assertThat(cli.code()).isZero();
    assertThat(cli.out())
        .matches("(?s)steer: engine (checked-)?jit, .*")
        .contains(" of 8,000 bytes", "class ");
  }
}
