package io.bpf4j.sim.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.error.InputException;
import io.bpf4j.sim.RunOptions;
import io.bpf4j.sim.Simulation;
import io.bpf4j.sim.scenario.PacketText;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The stories of packets in the samples, as people read them.
final class ExplanationTest {
  private static Simulation sample(String name) {
    Engine interpreter = Engines.named("checked-interp");
    Path file = Path.of("../../samples").resolve(name).resolve("scenario.yaml");
    return Simulation.build(
        ScenarioReader.read(file), interpreter, interpreter, RunOptions.DEFAULT);
  }

  private static String tell(String sample, String packet) {
    return ExplainText.text(sample(sample).explain(PacketText.parse(packet), null), false);
  }

  @Test
  void aSteeredPacketTellsKeysHitsAndLines() {
    assertThat(tell("quickstart", "tcp 203.0.113.9:40000 -> 198.51.100.77:80"))
        .contains("netns server, arrived at edge (ifindex 2)")
        .contains("connections: none of these ends")
        .containsPattern(
            "bpf_map_lookup_elem\\(services, 02 06 50 00\\) += 00 00 00 00  \\(steer.bpf.c:[0-9]+\\)")
        .containsPattern("bpf_sk_assign\\(ctx, web4, 0\\) += 0 ")
        .contains("returns SK_PASS, selecting web4")
        .endsWith("=> steered to web4 (tcp 127.0.0.1:8080) by link steer\n");
  }

  @Test
  void aReplacedSelectionIsSeenByTheSecondProgram() {
    assertThat(tell("chain", "tcp 203.0.113.1:4000 -> 198.51.100.80:80"))
        .contains("policy (link policy)  chain.bpf.c  starts with ctx->sk = web")
        .contains("bpf_sk_assign(ctx, canary, REPLACE)")
        .contains("together: canary, selected by policy")
        .endsWith("=> steered to canary (tcp [::]:8081) by link policy\n");
  }

  @Test
  void aDroppedPacketTellsWhoDroppedItAndWhatTheSenderSees() {
    assertThat(tell("chain", "udp 203.0.113.1:4000 -> 198.51.100.80:9999"))
        .contains("returns SK_DROP")
        .contains("together: refused, as policy dropped and no selection stands")
        .endsWith("=> dropped by link policy: the sender gets ICMP port unreachable\n");
  }

  @Test
  void aGroupsProgramTellsItsCallsAndTheMemberItPicked() {
    assertThat(tell("group", "udp 203.0.113.9:4000 -> 192.0.2.2:53"))
        .containsPattern("bpf_map_lookup_elem\\(ports, a0 0f\\) += 00 00 00 00 ")
        .containsPattern(
            "bpf_sk_select_reuseport\\(ctx, workers, 00 00 00 00\\) += 0, dns/2  \\(group")
        .contains("returns SK_PASS, selecting dns/2")
        .endsWith("=> listener dns/2 (udp 0.0.0.0:53)\n");
  }

  @Test
  void aFailedSelectionTellsWhyAndTheHashPicks() {
    assertThat(tell("group", "udp 203.0.113.9:4002 -> 192.0.2.2:53"))
        .contains("= -EBADFD: inner is in another group")
        .contains("returns SK_PASS, selecting nobody")
        .containsPattern("hash 0x[0-9a-f]{8} gives index [0-3]: dns/[0-3]");
    assertThat(tell("group", "udp 203.0.113.9:4003 -> 192.0.2.2:53"))
        .contains("= -ENOENT: the map has no socket there");
  }

  @Test
  void aRefusalByAGroupIsToldApartFromThatOfALink() {
    assertThat(tell("group", "udp 203.0.113.9:0 -> 192.0.2.2:53"))
        .contains("returns SK_DROP: the packet is refused")
        .contains("=> dropped by the reuseport program of dns/")
        .endsWith(": the sender gets ICMP port unreachable\n");
  }

  @Test
  void anUnsteeredPacketTellsTheListenersScores() {
    assertThat(tell("quickstart", "tcp 203.0.113.9:40000 -> 198.51.100.77:9000"))
        .contains("together: no selection and no drop, the regular lookup goes on")
        .contains("listeners bound to 0.0.0.0:9000, the wildcard")
        .contains("admin (tcp [::]:9000): score 1, the best so far")
        .endsWith("=> listener admin (tcp [::]:9000)\n");
  }

  @Test
  void nobodyIsFoundForAClosedPort() {
    assertThat(tell("quickstart", "tcp 203.0.113.9:40000 -> 198.51.100.77:443"))
        .contains("bpf_map_lookup_elem(services, 02 06 bb 01)")
        .endsWith("=> none: no socket takes the packet; the sender gets a RST\n");
  }

  @Test
  void aPacketForOthersIsNotLookedUp() {
    assertThat(tell("quickstart", "tcp 203.0.113.9:40000 -> 203.0.113.1:80"))
        .contains("goes to an address that is not the host's")
        .endsWith("=> notLocal\n");
  }

  @Test
  void aFrameIsToldAfterTheFramesBeforeIt() {
    Simulation simulation = sample("quickstart");
    long frame = firstEstablished();
    String text = ExplainText.text(simulation.explainFrame(null, frame), false);
    assertThat(text)
        .contains("traffic.pcap frame " + frame)
        .contains("connections: an earlier packet opened this one; no program is asked")
        .contains("=> established: a connection of web4 (tcp 127.0.0.1:8080)");
  }

  private static long firstEstablished() {
    StringBuilder rows = new StringBuilder();
    sample("quickstart").run(RunOptions.DEFAULT.withCsv(rows));
    return rows.toString()
        .lines()
        .filter(l -> l.contains(",established,web4"))
        .mapToLong(l -> Long.parseLong(l.substring(0, l.indexOf(','))))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aFrameThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> sample("quickstart").explainFrame(null, 100_000))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("traffic.pcap: frame 100000: not there");
  }

  @Test
  void programsGetTheSameStory() {
    Simulation simulation = sample("chain");
    var story =
        ExplainJson.document(
            simulation.explain(PacketText.parse("tcp 203.0.113.1:4000 -> 198.51.100.80:80"), null));
    assertThat(story)
        .containsEntry("result", "steered")
        .containsEntry("socket", "canary")
        .containsEntry("link", "policy");
    assertThat(String.valueOf(story.get("steps")))
        .contains("step=program", "key=06005000", "rule=selection_wins");
  }
}
