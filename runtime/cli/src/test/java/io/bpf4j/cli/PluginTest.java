package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.conformance.Vector;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PluginTest {
  private static final HexFormat HEX = HexFormat.of();

  private static String hex(String source) {
    return HEX.formatHex(InsnEncoder.encode(Assembler.assemble(source)));
  }

  private static Cli plugin(String source, String... args) {
    return stdin(hex(source).replaceAll("..", "$0  ") + "\n", args);
  }

  private static Cli stdin(String text, String... args) {
    String[] all = Stream.concat(Stream.of("plugin"), Stream.of(args)).toArray(String[]::new);
    return Cli.run(text.getBytes(UTF_8), all);
  }

  @Test
  void r0IsPrintedInHex() {
    Cli cli = plugin("r0 = -1\nexit");
    assertThat(cli.out()).isEqualToIgnoringNewLines("ffffffffffffffff");
    assertThat(cli.code()).isZero();
    assertThat(cli.err()).isEmpty();
  }

  @Test
  void memoryIsInR1AndItsLengthInR2() {
    Cli cli = plugin("r0 = *(u16 *)(r1 +1)\nr0 <<= 16\nr0 |= r2\nexit", "11 22 33");
    assertThat(cli.out().strip()).isEqualTo("33220003");
  }

  @Test
  void withoutMemoryBothAreZero() {
    assertThat(plugin("r0 = r1\nr0 |= r2\nexit").out().strip()).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0011 --debug --cpu_version v4 --interpret",
        "0011 --debug true --cpu_version v3",
        "0011 --jit",
        "0011 --interpret true",
        "--debug 0011",
        "--interpret 0011",
        "--engine interp 0011",
        "--jit true 0011"
      })
  void optionsOfTheSuiteAreTaken(String args) {
    assertThat(plugin("r0 = r2\nexit", args.split(" ", -1)).out().strip()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0011",
        "--batch",
        "0011 --debug --cpu_version v4 --interpret",
        "--interpret false 0011 --jit true",
        "--engine interp --elf 0011",
        "--debug --elf true",
        "--batch --engine interp"
      })
  void plainArgumentsAreReadAsPicocliReadsThem(String args) {
    Io io = new Io(InputStream.nullInputStream(), System.out, System.err, false, false);
    String[] words = args.isEmpty() ? new String[0] : args.split(" ", -1);
    Plugin parsed = new Plugin(io);
    new CommandLine(parsed).parseArgs(words);
    Plugin plain =
        Plugin.plain(
            io, Stream.concat(Stream.of("plugin"), Stream.of(words)).toArray(String[]::new));
    assertThat(plain).isNotNull().usingRecursiveComparison().isEqualTo(parsed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--engine",
        "--engine --jit",
        "--engine=interp",
        "--frobnicate",
        "00 11",
        "--jit --jit",
        "--interpret=false"
      })
  void unusualArgumentsAreLeftToPicocli(String args) {
    Io io = new Io(InputStream.nullInputStream(), System.out, System.err, false, false);
    assertThat(Plugin.plain(io, ("plugin " + args).split(" ", -1))).isNull();
  }

  @Test
  void faultsGoToStandardErrorWithCode1() {
    Cli cli = plugin("r0 = *(u8 *)(r1 +0)\nexit");
    assertThat(cli.code()).isEqualTo(1);
    assertThat(cli.out()).isEmpty();
    assertThat(cli.err())
        .isEqualToIgnoringNewLines(
            "prog 'main' insn 0 (r0 = *(u8 *)(r1 +0)): r1 = 0x0: 1-byte read through a null pointer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "zz", "95", "95 00 00 00 00 00 00 0", "ff 00 00 00 00 00 00 00"})
  void whatIsNoProgramIsAnErrorInOneLine(String program) {
    Cli cli = stdin(program);
    assertThat(cli.code()).isEqualTo(1);
    assertThat(cli.err().lines()).hasSize(1);
  }

  @Test
  void anUnknownEngineIsWrongUsage() {
    Cli cli = stdin("", "--engine", "turbo");
    assertThat(cli.code()).isEqualTo(2);
    assertThat(cli.err()).contains("engine 'turbo'");
  }

  @TestFactory
  Stream<DynamicTest> allVectorsPassThroughABatchOnEveryEngine() {
    List<Vector> vectors = Vector.all();
    return Engines.names().stream()
        .map(engine -> DynamicTest.dynamicTest(engine, () -> batch(engine, vectors)));
  }

  private static void batch(String engine, List<Vector> vectors) {
    StringBuilder lines = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (Vector vector : vectors) {
      lines.append(
          "%s\t%s\t%s\t--cpu_version v4\n"
              .formatted(
                  vector.name(), HEX.formatHex(vector.memory()), HEX.formatHex(vector.code())));
      expected.add("%s\tok\t%x".formatted(vector.name(), vector.result()));
    }
    Cli cli = stdin(lines.toString(), "--batch", "--engine", engine);
    assertThat(cli.lines()).containsExactlyElementsOf(expected);
    assertThat(cli.code()).isZero();
  }

  @Test
  void aBatchOutlivesLinesItCannotAnswer() {
    String good = "\t\t" + hex("r0 = 7\nexit") + "\t\n";
    Cli cli =
        stdin(
            "a"
                + good
                + "\n"
                + "no tabs\n"
                + "b\txyz\t95\t\n"
                + "c\t\tff00000000000000\t\n"
                + "d\t\t"
                + hex("here: goto here")
                + "\t\n"
                + "e\t\t"
                + hex("r0 = *(u8 *)(r1 +0)\nexit")
                + "\n"
                + "f\t\t95\t--frobnicate\n"
                + "g\t\t\t\n"
                + "h\t\t"
                + hex("r0 = 7\nexit")
                + "\t--interpret\t\n"
                + "i"
                + good.strip().replaceFirst("^", "\t\t"),
            "--batch");
    assertThat(cli.code()).isZero();
    assertThat(cli.lines()).hasSize(11);
    assertThat(cli.lines().getFirst()).isEqualTo("a\tok\t7");
    assertThat(cli.lines().getLast()).isEqualTo("i\tok\t7");
    assertThat(cli.lines().subList(1, 10)).allMatch(line -> line.matches("[^\t]*\terror\t[^\t]+"));
    assertThat(cli.lines().get(5)).contains("budget of 100000000 back edges and calls is spent");
  }
}
