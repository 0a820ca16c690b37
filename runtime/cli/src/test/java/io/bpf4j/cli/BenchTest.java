package io.bpf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.linux.KernelSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What is said of times, not the times themselves: those are nobody's to promise in a test.
class BenchTest {
  private static final String COMPUTE = sample("compute", "compute.bpf.o");
  private static final String QUICKSTART = sample("quickstart", "scenario.yaml");

  @TempDir private Path folder = Path.of(".");

  private static String sample(String folder, String file) {
    return Path.of("..", "..", "samples", folder, file).toString();
  }

  private static List<String> keys(JsonNode rows) {
    List<String> keys = new ArrayList<>();
    for (JsonNode row : rows) {
      keys.add(
          "%s %s %s"
              .formatted(
                  row.get("program").asString(),
                  row.get("engine").asString(),
                  row.get("tuples").asString()));
      assertThat(row.get("nsPerRun").asDouble()).isPositive();
      assertThat(row.get("low").asDouble()).isLessThanOrEqualTo(row.get("nsPerRun").asDouble());
      assertThat(row.get("high").asDouble()).isGreaterThanOrEqualTo(row.get("nsPerRun").asDouble());
    }
    return keys;
  }

  @Test
  void eachProgramIsTimedOnEachEngineWithBothKindsOfTuples() {
    Cli result =
        Cli.run(
            "bench",
            COMPUTE,
            "--prog",
            "empty",
            "--engine",
            "checked-interp",
            "--engine",
            "checked-jit",
            "--rounds",
            "2",
            "--json");
    assertThat(result.code()).isZero();
    JsonNode document = Json.mapper().readTree(result.out());
    assertThat(document.get("machine").get("memory").asString()).isNotEmpty();
    assertThat(keys(document.get("rows")))
        .containsExactly(
            "empty checked-interp same",
            "empty checked-jit same",
            "empty checked-interp random",
            "empty checked-jit random");
    assertThat(document.get("rows").get(0).get("rounds").asInt()).isEqualTo(2);
  }

  @Test
  void theKernelIsTimedOnTheSameInputs() {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
    Cli result =
        Cli.run(
            "bench",
            COMPUTE,
            "--prog",
            "empty",
            "--engine",
            "checked-jit",
            "--engine",
            "kernel",
            "--tuples",
            "same",
            "--rounds",
            "1",
            "--json");
    assertThat(result.code()).isZero();
    assertThat(keys(Json.mapper().readTree(result.out()).get("rows")))
        .containsExactly("empty checked-jit same", "empty kernel same");
  }

  @Test
  void aScenarioIsTimedAsTheWholeLookupOfItsPackets() throws IOException {
    Path page = folder.resolve("bench.html");
    Cli result =
        Cli.run(
            "bench",
            QUICKSTART,
            "--engine",
            "checked-jit",
            "--tuples",
            "random",
            "--rounds",
            "1",
            "--html",
            page.toString());
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("lookup").contains("over 65536 packets of the scenario");
    assertThat(Files.readString(page))
        .startsWith("<!doctype html>")
        .contains("<svg", "checked-jit", "Another packet each time")
        .doesNotContain("http://", "https://");
  }

  @Test
  void wrongUsageIsOneLine() {
    assertThat(Cli.run("bench", COMPUTE, "--rounds", "0").err())
        .isEqualTo("bpf4j bench: --rounds 0: must be at least 1\n");
    assertThat(Cli.run("bench", COMPUTE, "--tuples", "some").err())
        .isEqualTo("bpf4j bench: --tuples some: must be same or random\n");
    assertThat(Cli.run("bench", COMPUTE, "--prog", "emtpy").err())
        .endsWith("no program 'emtpy'; did you mean 'empty'?\n");
    assertThat(Cli.run("bench", QUICKSTART, "--engine", "kernel").code()).isEqualTo(2);
    assertThat(Cli.run("bench", COMPUTE, "--engine", "fast").code()).isEqualTo(2);
  }
}
