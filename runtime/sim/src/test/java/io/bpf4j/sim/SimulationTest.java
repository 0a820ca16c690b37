package io.bpf4j.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.Engines;
import io.bpf4j.sim.report.Report;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.ScenarioException;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Scenarios as worlds. The numbers the samples expect are those of the kernel when their capture
/// was recorded.
final class SimulationTest {
  private static final Path SAMPLES = Path.of("../../samples");
  private static final Path QUICKSTART = SAMPLES.resolve("quickstart/scenario.yaml");

  private static Simulation build(Scenario scenario, String engine, RunOptions options) {
    return Simulation.build(
        scenario, Engines.named(engine), Engines.named("checked-interp"), options);
  }

  private static Report run(Scenario scenario, String engine, RunOptions options) {
    return build(scenario, engine, options).run(options);
  }

  private static Report run(String scenario, String engine) {
    return run(ScenarioReader.read(SAMPLES.resolve(scenario)), engine, RunOptions.DEFAULT);
  }

  private static Scenario changed(String from, String to) {
    try {
      String text = java.nio.file.Files.readString(QUICKSTART);
      assertThat(text).contains(from);
      return ScenarioReader.parse(QUICKSTART, text.replace(from, to));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jit", "interp"})
  void aGroupsProgramPicksAsTheSampleExpects(String engine) {
    Report report = run("group/scenario.yaml", engine);
    assertThat(report.expectations()).hasSize(6).allSatisfy(e -> assertThat(e.ok()).isTrue());
    assertThat(report.fault()).isNull();
  }

  private static Scenario grouped(String groups) {
    Path file = SAMPLES.resolve("group/scenario.yaml");
    try {
      String text = java.nio.file.Files.readString(file);
      return ScenarioReader.parse(
          file, text.replace("  - {socket: dns, object: group, program: pick}", groups));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aClassicFilterPicksByIndex() {
    Scenario scenario = grouped("  - {socket: dns, filter: [\"0x06 0 0 1\"]}");
    Report report = run(scenario, "jit", RunOptions.DEFAULT);
    assertThat(report.sockets().get(1).listener()).isEqualTo(4000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {socket: dms, object: group, program: pick} | there is no socket 'dms'; did you mean 'dns'?
          {socket: dns, object: group} | a group has 'object' and 'program', or a 'filter'
          {socket: dns, object: group, program: pack} | object 'group' has no program 'pack'; did you mean 'pick'?
          {socket: dns, filter: ["48 0 0"]} | '48 0 0' is no classic instruction: code jt jf k, like 48 0 0 0
          {socket: dns, filter: ["48 0 0 0"]} | EINVAL: the last instruction must be a return
          """)
  void aGroupThatCannotBeIsToldWithItsPlace(String group, String message) {
    org.assertj.core.api.Assertions.assertThatExceptionOfType(
            io.bpf4j.sim.scenario.ScenarioException.class)
        .isThrownBy(() -> build(grouped("  - " + group), "jit", RunOptions.DEFAULT))
        .withMessageMatching(".*scenario.yaml:[0-9]+:[0-9]+: .*")
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "quickstart, jit", "quickstart, interp",
    "prefix, jit", "prefix, interp",
    "allports, jit", "allports, interp",
    "chain, jit", "chain, interp"
  })
  void samplesMeetTheirExpectations(String sample, String engine) {
    Report report = run(sample + "/scenario.yaml", engine);
    assertThat(report.expectations()).isNotEmpty().allSatisfy(e -> assertThat(e.ok()).isTrue());
    assertThat(report.fault()).isNull();
    assertThat(report.packets()).isEqualTo(1015);
  }

  @Test
  void anExpectationThatIsNotMetSaysWhatWas() {
    Report report =
        run(changed("key: 1, equals: 69", "key: 1, equals: 70"), "jit", RunOptions.DEFAULT);
    assertThat(report.ok()).isFalse();
    assertThat(report.expectations())
        .filteredOn(e -> !e.ok())
        .singleElement()
        .satisfies(e -> assertThat(e.detail()).isEqualTo("expected 70, was 69"));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void anyNumberOfThreadsGivesTheSameTotals(int threads) {
    Scenario scenario = ScenarioReader.read(QUICKSTART);
    Report one = run(scenario, "jit", RunOptions.DEFAULT.withCount(50_000));
    Report many = run(scenario, "jit", RunOptions.DEFAULT.withCount(50_000).withThreads(threads));
    assertThat(many.byResult()).isEqualTo(one.byResult());
    assertThat(many.sockets()).isEqualTo(one.sockets());
    assertThat(many.links()).isEqualTo(one.links());
  }

  @Test
  void expectationsOfTheScenariosTrafficAreNotCheckedAgainstOther() {
    Scenario scenario = ScenarioReader.read(QUICKSTART);
    Report report = run(scenario, "jit", RunOptions.DEFAULT.withCount(10));
    assertThat(report.expectations()).isEmpty();
    assertThat(report.notChecked()).isNotEmpty();
  }

  @Test
  void rowsOfPacketsNameSocketLinkAndProgram() {
    StringBuilder rows = new StringBuilder();
    Scenario scenario = ScenarioReader.read(QUICKSTART);
    run(scenario, "jit", RunOptions.DEFAULT.withCsv(rows));
    List<String> lines = rows.toString().lines().toList();
    assertThat(lines).hasSize(1016);
    assertThat(lines.getFirst())
        .isEqualTo("frame,proto,src,sport,dst,dport,iif,result,socket,link,program");
    assertThat(lines).anyMatch(l -> l.endsWith(",80,2,steered,web4,steer,steer"));
    assertThat(lines.stream().filter(l -> l.contains("," + ResultKind.STEERED + ","))).hasSize(69);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "program: steer|program: stear, name: steer|object 'steer' has no program 'stear'; did you mean 'steer'?",
        "steer.sockets:|steer.sokets:|object 'steer' has no map 'sokets'; did you mean 'sockets'?",
        "{socket: web4}|{socket: web5}|there is no socket 'web5'; did you mean 'web4'?",
        "value: {socket: web4}|value: 7|steer.sockets holds sockets: {socket: NAME} was expected, not '7'",
        "key: 3, value|key: 64, value|E2BIG",
        "\"[::]:9000\"|\"[::1]:8080\"|EADDRINUSE",
      })
  void whatTheWorldRefusesIsToldWithItsPlace(String from, String to, String message) {
    assertThatThrownBy(() -> build(changed(from, to), "jit", RunOptions.DEFAULT))
        .isInstanceOf(ScenarioException.class)
        .hasMessageMatching("(?s).*scenario.yaml:[0-9]+:[0-9]+: .*")
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void aProgramThatIsStoppedEndsTheReplayAtItsFrame() {
    Scenario scenario = ScenarioReader.read(QUICKSTART);
    var throttled = new Throttled(Engines.named("jit"));
    Simulation simulation =
        Simulation.build(scenario, throttled, Engines.named("checked-interp"), RunOptions.DEFAULT);
    Report report = simulation.run(RunOptions.DEFAULT);
    assertThat(Objects.requireNonNull(report.fault()).message())
        .contains("traffic.pcap frame ")
        .contains("prog 'steer' insn 2");
    assertThat(report.expectations()).isEmpty();
    assertThat(report.packets()).isPositive();
  }
}
