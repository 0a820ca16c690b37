package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class VerifyTest {
  @Test
  void acceptedProgramsAreNamed() {
    Cli cli = Cli.run("verify", LoadTest.CHAIN);
    assertThat(cli.code()).isZero();
    assertThat(cli.out()).contains("policy\taccept\t").contains("route\taccept\t");
    assertThat(cli.err()).contains("2 programs: 2 accepted, 0 rejected, 0 unsupported");
  }

  @Test
  void aChosenProgramIsNotNamed() {
    Cli cli = Cli.run("verify", LoadTest.CHAIN, "--prog", "policy");
    assertThat(cli.lines()).containsExactly("accept\t");
  }

  @Test
  void theContextIsAnotherOnesForAnotherType() {
    Cli cli = Cli.run("verify", LoadTest.STEER, "--type", "xdp");
    assertThat(cli.code()).isEqualTo(ExitCode.NEGATIVE);
    assertThat(cli.out()).startsWith("steer\treject\t").contains("invalid size of register spill");
  }

  @Test
  void typesWithoutRulesAreNotJudged() {
    Cli cli = Cli.run("verify", LoadTest.STEER, "--type", "kprobe");
    assertThat(cli.code()).isEqualTo(ExitCode.USAGE);
    assertThat(cli.out()).startsWith("steer\tunsupported\t");
  }

  @Test
  void theDocumentHasFigures() {
    Cli cli = Cli.run("verify", LoadTest.STEER, "--json");
    JsonNode program = Json.mapper().readTree(cli.out()).get("programs").get(0);
    assertThat(program.get("verdict").asString()).isEqualTo("accept");
    assertThat(program.get("insnsProcessed").asInt()).isGreaterThan(30);
  }

  @Test
  void theLogIsInTheKernelsFormat() {
    Cli cli = Cli.run("verify", LoadTest.STEER, "--log");
    assertThat(cli.out()).contains("0: R1=ctx() R10=fp0");
  }

  @Test
  void rawProgramsAreAnsweredInOrder() {
    String lookup =
        """
        *(u64 *)(r10 -8) = 0
        r2 = r10
        r2 += -8
        r1 = 0 ll
        call bpf_map_lookup_elem#1
        if r0 == 0 goto out
        r1 = *(u64 *)(r0 %+d)
        out: r0 = 1
        exit
        """;
    String lines =
        line("a", "sk_lookup", "[]", "r0 = 1\nexit")
            + line("b", "BPF_PROG_TYPE_SK_LOOKUP", "", "r0 = 2\nexit")
            + line("c", "xdp", "[[3,\"hash_48b\"]]", lookup.formatted(40))
            + line("d", "xdp", "[[3,\"array_48b\"]]", lookup.formatted(41))
            + line("e", "xdp", "[[3,\"what\"]]", lookup.formatted(0))
            + line("f", "kprobe", "", "r0 = 0\nexit")
            + "g\txdp\t\t0\t\tffff000000000000\n"
            + "h\n";
    Cli cli = Cli.run(lines.getBytes(UTF_8), "verify", "--raw");
    assertThat(cli.code()).isZero();
    assertThat(cli.lines().stream().map(l -> l.replaceFirst("^(\\w\t\\w+).*", "$1")))
        .containsExactly(
            "a\taccept",
            "b\treject",
            "c\taccept",
            "d\treject",
            "e\tunsupported",
            "f\tunsupported",
            "g\treject",
            "h\tunsupported");
  }

  private static String line(String id, String type, String maps, String text) {
    String hex = HexFormat.of().formatHex(InsnEncoder.encode(Assembler.assemble(text)));
    return "%s\t%s\t\t0\t%s\t%s\n".formatted(id, type, maps, hex);
  }
}
