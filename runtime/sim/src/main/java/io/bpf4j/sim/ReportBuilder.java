package io.bpf4j.sim;

import io.bpf4j.sim.explain.SocketText;
import io.bpf4j.sim.replay.Replay;
import io.bpf4j.sim.replay.Totals;
import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.report.Report;
import io.bpf4j.sim.scenario.LinkSpec;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Puts a report together from what a replay counted.
///
/// @param engine the engine's name
record ReportBuilder(Scenario scenario, SimulatedHost host, String engine, int threads) {

  Report report(
      Replay.Outcome outcome,
      List<TraceSummary> traces,
      List<Report.Expected> expectations,
      String notChecked) {
    Totals totals = outcome.totals();
    Map<ResultKind, Long> byResult = new EnumMap<>(ResultKind.class);
    for (ResultKind kind : ResultKind.values()) {
      byResult.put(kind, totals.of(kind));
    }
    return new Report(
        scenario.source().path().toString(),
        scenario.description(),
        engine,
        threads,
        outcome.nanos(),
        byResult,
        new Report.NotLocal(totals.sentByHost(), totals.forOthers(), totals.multicast()),
        sockets(totals),
        links(totals),
        totals.ofOwnConnections(),
        new Report.Connections(
            totals.connectionsOpened(), totals.connectionsEvicted(), totals.connectionsExpired()),
        traces,
        expectations,
        notChecked,
        outcome.fault(),
        outcome.stopped());
  }

  private List<Report.SocketRow> sockets(Totals totals) {
    List<Report.SocketRow> rows = new ArrayList<>();
    for (Sock sock : host.sockets()) {
      int number = sock.index();
      rows.add(
          new Report.SocketRow(
              sock.name(),
              SocketText.address(sock),
              totals.ofSocket(ResultKind.ESTABLISHED, number),
              totals.ofSocket(ResultKind.STEERED, number),
              totals.ofSocket(ResultKind.LISTENER, number)));
    }
    return rows;
  }

  private List<Report.LinkRow> links(Totals totals) {
    List<Report.LinkRow> rows = new ArrayList<>();
    for (int number = 0; number < scenario.links().size(); number++) {
      LinkSpec link = scenario.links().get(number);
      rows.add(
          new Report.LinkRow(
              link.name(),
              link.netns(),
              link.program(),
              totals.ofLink(ResultKind.STEERED, number),
              totals.ofLink(ResultKind.DROPPED, number)));
    }
    return rows;
  }
}
