package io.bpf4j.sim.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.sim.replay.Fault;
import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.trace.SkipReason;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ReportTest {
  private static Report report(@Nullable Fault fault) {
    return new Report(
        "quick/scenario.yaml",
        "steered <by> \"port\" & more",
        "checked-jit",
        2,
        2_000_000,
        Map.of(
            ResultKind.ESTABLISHED, 6_000L,
            ResultKind.STEERED, 3_000L,
            ResultKind.NONE, 1_000L,
            ResultKind.NOT_LOCAL, 70L),
        new Report.NotLocal(40, 30, 0),
        List.of(
            new Report.SocketRow("web", "tcp 127.0.0.1:8080", 6_000, 3_000, 0),
            new Report.SocketRow("idle", "udp [::]:53", 0, 0, 0)),
        List.of(new Report.LinkRow("steer", "server", "steer", 3_000, 5)),
        0,
        new Report.Connections(3_000, 7, 2),
        List.of(
            new TraceSummary(
                "traffic.pcap",
                "pcap",
                10_100,
                10_070,
                Map.of(SkipReason.NOT_IP, 10L, SkipReason.OTHER_PROTOCOL, 20L),
                "traffic.pcap: cut off")),
        List.of(
            new Report.Expected("good", true, "3,000"),
            new Report.Expected("bad", false, "expected 5, was 4")),
        "",
        fault,
        false);
  }

  @Test
  void textForTerminals() {
    assertThat(TextReport.text(report(null), false))
        .isEqualTo(
            """
            quick/scenario.yaml: steered <by> "port" & more
            10,000 lookups in 0.002 s: 5.00 M lookups/s (checked-jit, 2 threads)

            result       packets   share
            established    6,000  60.0 %  belongs to a connection or a connected socket
            steered        3,000  30.0 %  a program selected the socket
            listener           0   0.0 %  the regular lookup found the socket
            dropped            0   0.0 %  refused by a program
            none           1,000  10.0 %  no socket
            notLocal          70          40 sent by the host, 30 to other hosts

            socket  bound to            lookups   share  established  steered  listener
            web     tcp 127.0.0.1:8080    9,000  90.0 %        6,000    3,000         0
            1 socket without a packet

            link   program  netns   steered  dropped
            steer  steer    server    3,000        5

            traffic.pcap: 10,100 frames, 10,070 with ports
              skipped 10: neither IPv4 nor IPv6
              skipped 20: IP, but neither TCP nor UDP
              incomplete: traffic.pcap: cut off
            connections: 3,000 opened, 7 evicted, 2 idle too long

            expectations
              ok      good
              FAILED  bad: expected 5, was 4
            """);
  }

  @Test
  void coloursOnlyWhenWanted() {
    assertThat(TextReport.text(report(null), false)).doesNotContain("\u001b");
    assertThat(TextReport.text(report(null), true)).contains("\u001b[31mFAILED\u001b[0m  bad");
  }

  @Test
  void aFaultIsToldWithItsFrame() {
    Fault fault = new Fault(17, "traffic.pcap", new BudgetExhausted("steer", 4, "too long"));
    assertThat(TextReport.text(report(fault), false))
        .contains("stopped by a fault at traffic.pcap frame 17: too long");
    JsonNode json = JsonMapper.shared().readTree(JsonReport.text(report(fault)));
    assertThat(json.at("/fault/frame").asLong()).isEqualTo(17);
    assertThat(json.at("/fault/program").asString()).isEqualTo("steer");
    assertThat(HtmlReport.text(report(fault))).contains("frame 17: too long");
  }

  @Test
  void jsonHasTheKeysOfTheContract() {
    JsonNode json = JsonMapper.shared().readTree(JsonReport.text(report(null)));
    assertThat(json.get("lookups").asLong()).isEqualTo(10_000);
    assertThat(json.get("nanos").asLong()).isEqualTo(2_000_000);
    assertThat(json.get("lookupsPerSecond").asDouble()).isEqualTo(5e6);
    assertThat(json.get("threads").asInt()).isEqualTo(2);
    assertThat(json.get("byResult").propertyNames())
        .containsExactly("established", "steered", "listener", "dropped", "none", "notLocal");
    assertThat(json.at("/byResult/steered").asLong()).isEqualTo(3_000);
    assertThat(json.at("/bySocket/0/socket").asString()).isEqualTo("web");
    assertThat(json.at("/bySocket/0/lookups").asLong()).isEqualTo(9_000);
    assertThat(json.at("/expectations/1/name").asString()).isEqualTo("bad");
    assertThat(json.at("/expectations/1/ok").asBoolean(true)).isFalse();
    assertThat(json.at("/expectations/1/detail").asString()).isEqualTo("expected 5, was 4");
    assertThat(json.get("fault").isNull()).isTrue();
    assertThat(json.at("/traces/0/skipped/notIp").asLong()).isEqualTo(10);
  }

  @Test
  void htmlIsOnePageWithoutOutsideResources() throws Exception {
    String html = HtmlReport.text(report(null));
    assertThat(html)
        .doesNotContain("http:", "https:", "src=", "href=", "<script", "@import", "url(");
    assertThat(html)
        .contains("steered &lt;by&gt; &quot;port&quot; &amp; more", "prefers-color-scheme");
    // It is well-formed as XML but for the elements of the head that have no end.
    String body = html.substring(html.indexOf("<body>"), html.indexOf("</html>"));
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(body)));
    assertThat(body).contains("width=\"144.0\"");
  }
}
