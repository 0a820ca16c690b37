package io.bpf4j.sim.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The streaming and counting of a replay, with a lookup that answers by the destination port
/// alone.
final class ReplayTest {
  private static final Path FOLDER = Path.of("../../samples/quickstart");

  private static final String WORLD =
      """
      version: 1
      netns:
        - name: server
          interfaces:
            - {name: edge, ifindex: 2, local: [198.51.100.0/24, "2001:db8:100::/64"], addresses: [192.0.2.2/24]}
      """;

  private static final String FLOOD =
      """
      traffic:
        floods:
          - {name: syns, proto: tcp, from: [203.0.113.0/24, "2001:db8:c::/48"], to: [198.51.100.0/24, "2001:db8:100::/64"], ports: [80, 81, 5000-5009], packets: 200000, flows: 3000}
          - {proto: udp, from: 203.0.113.0/24, to: [198.51.100.0/24, 233.252.0.0/24], ports: 53, packets: 50000}
      """;

  /// Sockets 0 to 99 by port, link 0 for even ones; port 81 has none; port 5005 is refused.
  private static class ByPort implements Lookups {
    @Override
    public long lookup(PacketBatch b, int i) {
      int port = b.dport[i];
      return port == 81
          ? Answer.of(ResultKind.NONE, -1, -1)
          : port == 5005
              ? Answer.of(ResultKind.DROPPED, -1, 0)
              : port % 2 == 0
                  ? Answer.of(ResultKind.STEERED, port % 100, 0)
                  : Answer.of(ResultKind.LISTENER, port % 100, -1);
    }

    @Override
    public boolean listening(int socket) {
      return socket != 53;
    }
  }

  private static Replay.Outcome replay(String text, int threads, long count) {
    Scenario scenario = ScenarioReader.parse(FOLDER.resolve("test.yaml"), text);
    return replay(
        scenario, IntStream.range(0, threads).mapToObj(_ -> new ByPort()).toList(), count);
  }

  private static Replay.Outcome replay(Scenario scenario, List<ByPort> lookups, long count) {
    try (Traffic traffic = new Traffic(scenario, scenario.traces(), scenario.floods(), count, 1)) {
      return Replay.of(scenario.netns(), scenario.replay(), lookups, 100, 1, null)
          .run(traffic, () -> false, _ -> {});
    }
  }

  private static Map<ResultKind, Long> byResult(Totals totals) {
    Map<ResultKind, Long> counts = new EnumMap<>(ResultKind.class);
    for (ResultKind kind : ResultKind.values()) {
      counts.put(kind, totals.of(kind));
    }
    return counts;
  }

  @Test
  void countsByResultSocketAndLink() {
    Totals totals = replay(WORLD + FLOOD, 1, 0).totals();
    assertThat(totals.packets()).isEqualTo(250_000);
    assertThat(totals.multicast()).isBetween(20_000L, 30_000L);
    assertThat(totals.of(ResultKind.NOT_LOCAL)).isEqualTo(totals.multicast());
    assertThat(totals.ofSocket(ResultKind.LISTENER, 53)).isEqualTo(50_000 - totals.multicast());
    assertThat(totals.ofLink(ResultKind.DROPPED, 0)).isEqualTo(totals.of(ResultKind.DROPPED));
    assertThat(totals.ofLink(ResultKind.STEERED, 0)).isEqualTo(totals.of(ResultKind.STEERED));
    long flowsWithSocket = totals.connectionsOpened();
    assertThat(flowsWithSocket).isBetween(2_300L, 2_700L);
    assertThat(totals.of(ResultKind.ESTABLISHED))
        .isEqualTo(
            200_000 - flowsWithSocket - totals.of(ResultKind.NONE) - totals.of(ResultKind.DROPPED));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7})
  void anyNumberOfThreadsGivesTheSameTotals(int threads) {
    Totals one = replay(WORLD + FLOOD, 1, 0).totals();
    Totals many = replay(WORLD + FLOOD, threads, 0).totals();
    assertThat(byResult(many)).isEqualTo(byResult(one));
    assertThat(many.connectionsOpened()).isEqualTo(one.connectionsOpened());
    for (int socket = 0; socket < 100; socket++) {
      for (ResultKind kind : ResultKind.values()) {
        assertThat(many.ofSocket(kind, socket)).isEqualTo(one.ofSocket(kind, socket));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aCaptureHasBothDirections(int threads) {
    String trace = WORLD + "traffic: {traces: [{file: traffic.pcap}]}\n";
    Replay.Outcome outcome = replay(trace, threads, 0);
    assertThat(byResult(outcome.totals()))
        .containsEntry(ResultKind.NOT_LOCAL, 500L)
        .containsEntry(ResultKind.NONE, 8L)
        // TCP: a SYN each; UDP: each datagram.
        .containsEntry(ResultKind.STEERED, 22L + 12 + 6 + 4 + 4 + 3)
        .containsEntry(ResultKind.LISTENER, 15L + 10 + 5 + 4 + 3);
    assertThat(outcome.totals().sentByHost()).isEqualTo(500);
    assertThat(outcome.stopped()).isFalse();
  }

  @Test
  void everyPacketMayBeTheFirst() {
    String trace =
        WORLD + "traffic: {traces: [{file: traffic.pcap}]}\nreplay: {everyPacketFirst: true}\n";
    Totals totals = replay(trace, 1, 0).totals();
    assertThat(totals.of(ResultKind.ESTABLISHED)).isZero();
    assertThat(totals.connectionsOpened()).isZero();
    assertThat(totals.lookups()).isEqualTo(515);
  }

  @Test
  void roundsGoOnUntilAsManyPacketsAsWanted() {
    String trace = WORLD + "traffic: {traces: [{file: traffic.pcap}]}\n";
    Totals two = replay(trace, 1, 2 * 1015).totals();
    assertThat(two.packets()).isEqualTo(2030);
    // The same connections again: their SYN comes after the end of the first round's.
    Totals one = replay(trace, 1, 0).totals();
    assertThat(two.of(ResultKind.STEERED)).isEqualTo(2 * one.of(ResultKind.STEERED));
    assertThat(replay(trace, 1, 100).totals().packets()).isEqualTo(100);
    assertThat(replay(WORLD, 1, 100).totals().packets()).isZero();
  }

  @Test
  void tooManyConnectionsEvictTheOneIdleLongest() {
    String small = WORLD + FLOOD + "replay: {maxConnections: 500}\n";
    Totals totals = replay(small, 1, 0).totals();
    assertThat(totals.connectionsEvicted()).isPositive();
    assertThat(totals.packets()).isEqualTo(250_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aFaultStopsTheReplayAndNamesTheFrame(int threads) {
    Scenario scenario = ScenarioReader.parse(FOLDER.resolve("test.yaml"), WORLD + FLOOD);
    List<ByPort> lookups = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      lookups.add(
          new ByPort() {
            @Override
            public long lookup(PacketBatch b, int i) {
              if (b.frame[i] >= 20_000 && b.protocol[i] == 6) {
                throw new BudgetExhausted("p", 3, "too long");
              }
              return super.lookup(b, i);
            }
          });
    }
    Replay.Outcome outcome = replay(scenario, lookups, 0);
    Fault fault = Objects.requireNonNull(outcome.fault());
    assertThat(fault.trace()).isEqualTo("syns");
    assertThat(fault.frame()).isGreaterThanOrEqualTo(20_000);
    assertThat(fault.message()).isEqualTo("syns frame " + fault.frame() + ": too long");
    // The lane that stopped had done all its packets before that frame; the others may have just
    // begun.
    assertThat(outcome.totals().packets()).isBetween(16_000L / threads, 249_999L);
  }

  @Test
  void aBugInALaneIsNotSwallowed() {
    Scenario scenario = ScenarioReader.parse(FOLDER.resolve("test.yaml"), WORLD + FLOOD);
    ByPort broken =
        new ByPort() {
          @Override
          public long lookup(PacketBatch b, int i) {
            throw new IllegalStateException("a bug");
          }
        };
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> replay(scenario, List.of(new ByPort(), broken), 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
  }

  /// The sample capture, its packets this many times.
  private static Path repeated(Path folder, int times) throws IOException {
    byte[] capture = Files.readAllBytes(FOLDER.resolve("traffic.pcap"));
    Path file = folder.resolve("repeated-" + times + ".pcap");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(capture, 0, 24);
      for (int i = 0; i < times; i++) {
        out.write(capture, 24, capture.length - 24);
      }
    }
    return file;
  }

  private static Scenario repeatedScenario(Path folder, int times) throws IOException {
    String text =
        WORLD + "traffic: {traces: [{file: " + repeated(folder, times).getFileName() + "}]}\n";
    return ScenarioReader.parse(folder.resolve("test.yaml"), text);
  }

  @Test
  void nothingIsAllocatedForAPacket(@TempDir Path folder) throws IOException {
    Scenario small = repeatedScenario(folder, 20);
    Scenario large = repeatedScenario(folder, 220);
    allocated(large);
    long more = allocated(large) - allocated(small);
    assertThat((double) more / (200 * 1015)).isLessThan(0.5);
  }

  private static long allocated(Scenario scenario) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    replay(scenario, List.of(new ByPort()), 0);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void packetsAreShownWithTheirResults() {
    Scenario scenario =
        ScenarioReader.parse(
            FOLDER.resolve("test.yaml"), WORLD + "traffic: {traces: [{file: traffic.pcap}]}\n");
    List<String> seen = new ArrayList<>();
    try (Traffic traffic = new Traffic(scenario, scenario.traces(), List.of(), 0, 1)) {
      PacketListener listener =
          p ->
              seen.add(
                  "%d %s %s %d %s %d %d %s %d %d"
                      .formatted(
                          p.frame(),
                          p.protocol(),
                          p.src(),
                          p.sport(),
                          p.dst(),
                          p.dport(),
                          p.iif(),
                          p.result(),
                          p.socket(),
                          p.link()));
      Replay.of(scenario.netns(), scenario.replay(), List.of(new ByPort()), 100, 1, listener)
          .run(traffic, () -> false, _ -> {});
      assertThat(traffic.summaries().getFirst().frames()).isEqualTo(1043);
    }
    assertThat(seen).hasSize(1015);
    assertThat(seen.getFirst())
        .matches("[0-9]+ (tcp|udp) [0-9a-f.:]+ [0-9]+ [0-9a-f.:]+ [0-9]+ 2 \\S+ -?[0-9]+ -?[0-9]+");
    assertThat(seen).anyMatch(s -> s.contains(" 80 2 steered 80 0"));
  }
}
