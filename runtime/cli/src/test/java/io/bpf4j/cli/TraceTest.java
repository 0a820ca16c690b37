package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

class TraceTest {
  private static final String CAPTURE =
      Path.of("..", "..", "samples", "quickstart", "traffic.pcap").toString();

  /// The figures are those of `samples/quickstart/README.md`.
  @Test
  void quickstartCaptureHoldsWhatItsReadmeSays() {
    Cli cli = Cli.run("trace", "--json", CAPTURE);
    assertThat(cli.code()).isZero();
    JsonNode json = Json.mapper().readTree(cli.out());
    assertThat(json.get("frames").asInt()).isEqualTo(1043);
    assertThat(json.get("tuples").asInt()).isEqualTo(1015);
    assertThat(json.get("skipped").get("laterFragment").asInt()).isEqualTo(4);
    assertThat(json.get("interfaces").get(0).get("linkTypeName").asString()).isEqualTo("Ethernet");
  }

  @Test
  void tuplesAreCsvOnStandardOutputAlone() {
    Cli cli = Cli.run("trace", "--tuples", CAPTURE);
    assertThat(cli.lines()).hasSize(1016);
    assertThat(cli.lines().getFirst()).isEqualTo("frame,proto,src,sport,dst,dport");
    assertThat(cli.lines().get(1)).matches("\\d+,(tcp|udp),[0-9a-f.:]+,\\d+,[0-9a-f.:]+,\\d+");
    assertThat(cli.err()).isEmpty();
  }

  /// A dash reads standard input.
  @Test
  void captureComesFromStandardInputToo() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(CAPTURE));
    assertThat(Cli.run(bytes, "trace", "--tuples", "-").out())
        .isEqualTo(Cli.run("trace", "--tuples", CAPTURE).out());
  }

  /// The reference lists were made by an independent dissector.
  @TestFactory
  Stream<DynamicTest> tuplesOfForeignCapturesAreThoseOfTheReference() throws IOException {
    String corpora = System.getenv("BPF4J_CORPORA");
    if (corpora == null) {
      return Stream.of(
          DynamicTest.dynamicTest("skipped", () -> Assumptions.abort("BPF4J_CORPORA is not set")));
    }
    List<Path> references;
    try (Stream<Path> files = Files.list(Path.of(corpora, "traces"))) {
      references = files.filter(f -> f.toString().endsWith(".tuples.csv")).sorted().toList();
    }
    assertThat(references).isNotEmpty();
    return references.stream()
        .map(reference ->
            DynamicTest.dynamicTest(reference.getFileName().toString(), () -> agrees(reference)));
  }

  private static void agrees(Path reference) throws IOException {
    String capture = reference.toString().replaceFirst("\\.tuples\\.csv$", "");
    assertThat(Cli.run("trace", "--tuples", capture).lines())
        .isEqualTo(Files.readAllLines(reference));
  }
}
