package io.bpf4j.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.bpf4j.error.BpfException;
import io.bpf4j.hostile.Survival;
import io.bpf4j.sim.scenario.ScenarioException;
import io.bpf4j.sim.scenario.ScenarioReader;
import io.bpf4j.sim.trace.Captures;
import io.bpf4j.sim.trace.PacketSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Captures and scenarios from whoever: fuzzed for long with `mvn -P fuzz`; in every build run on
/// the samples and on what Jazzer found. [DamagedInputTest] damages them in every build.
class TraceJazzerTest {
  private static final Path SAMPLES = Path.of("../../samples");
  private static final int LONGEST_TEXT = 20_000;

  static Stream<byte[]> captures() throws IOException {
    byte[] whole = Files.readAllBytes(SAMPLES.resolve("quickstart/traffic.pcap"));
    byte[] csv =
        "frame,proto,src,sport,dst,dport\n1,tcp,192.0.2.1,4000,198.51.100.7,80\n".getBytes(UTF_8);
    return Stream.of(Arrays.copyOf(whole, 2000), DamagedInputTest.pcapng(2000), csv);
  }

  @MethodSource("captures")
  @FuzzTest(maxDuration = "10m")
  void capturesAreReadOrRefused(byte[] bytes) {
    Survival.check(
        () -> {
          try (PacketSource source = Captures.open("fuzz", new ByteArrayInputStream(bytes))) {
            while (source.next() != null) {
              Survival.hold(source.packets() <= source.frames(), "more packets than frames");
            }
            String problem = source.problem();
            if (problem != null) {
              Survival.line(problem);
            }
          }
        },
        List.of(BpfException.class));
  }

  static Stream<byte[]> scenarios() {
    return Stream.of("quickstart", "prefix", "allports", "chain")
        .map(sample -> {
          try {
            return Files.readAllBytes(SAMPLES.resolve(sample).resolve("scenario.yaml"));
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  @MethodSource("scenarios")
  @FuzzTest(maxDuration = "10m")
  void scenariosAreUnderstoodOrRefused(byte[] bytes) {
    String text = new String(bytes, 0, Math.min(bytes.length, LONGEST_TEXT), UTF_8);
    Survival.check(
        () -> ScenarioReader.parse(Path.of("fuzz.yaml"), text), List.of(ScenarioException.class));
  }
}
