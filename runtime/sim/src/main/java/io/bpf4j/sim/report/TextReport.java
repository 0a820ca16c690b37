package io.bpf4j.sim.report;

import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.trace.SkipReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A report for a terminal.
public final class TextReport {
  private static final String GREEN = "\u001b[32m";
  private static final String RED = "\u001b[31m";
  private static final String BOLD = "\u001b[1m";
  private static final String PLAIN = "\u001b[0m";

  private final Report report;
  private final boolean colour;
  private final StringBuilder out = new StringBuilder();

  private TextReport(Report report, boolean colour) {
    this.report = report;
    this.colour = colour;
  }

  /// The report as lines, each ended by a line feed.
  public static String text(Report report, boolean colour) {
    TextReport text = new TextReport(report, colour);
    text.print();
    return text.out.toString();
  }

  private void print() {
    head();
    results();
    sockets();
    links();
    traffic();
    expectations();
  }

  private void head() {
    line(paint(BOLD, report.scenario()) + prefixed(": ", report.description()));
    line(
        "%s lookups in %s s: %s lookups/s (%s, %d thread%s)%s"
            .formatted(
                number(report.lookups()),
                seconds(report.nanos()),
                rate(report.lookupsPerSecond()),
                report.engine(),
                report.threads(),
                report.threads() == 1 ? "" : "s",
                report.stopped() ? ", ended early" : ""));
    if (report.fault() != null) {
      line(paint(RED, "stopped by a fault") + " at " + report.fault().message());
    }
    line("");
  }

  private void results() {
    Table table = new Table(1, "result", "packets", "share");
    List<String> meanings = new ArrayList<>(List.of(""));
    for (ResultKind kind : ResultKind.values()) {
      long count = report.of(kind);
      boolean local = kind != ResultKind.NOT_LOCAL;
      table.row(kind.key(), number(count), local ? share(count, report.lookups()) : "");
      meanings.add(local ? kind.meaning() : notLocal());
    }
    List<String> lines = table.lines();
    int width = lines.stream().mapToInt(String::length).max().orElse(0);
    for (int i = 0; i < lines.size(); i++) {
      line(lines.get(i) + " ".repeat(width - lines.get(i).length() + 2) + meanings.get(i));
    }
    line("");
  }

  private String notLocal() {
    List<String> parts = new ArrayList<>();
    part(parts, report.notLocal().sentByHost(), "sent by the host");
    part(parts, report.notLocal().forOthers(), "to other hosts");
    part(parts, report.notLocal().multicast(), "to multicast or broadcast");
    return parts.isEmpty() ? ResultKind.NOT_LOCAL.meaning() : String.join(", ", parts);
  }

  private static void part(List<String> parts, long count, String what) {
    if (count != 0) {
      parts.add(number(count) + " " + what);
    }
  }

  private void sockets() {
    Table table =
        new Table(
            2, "socket", "bound to", "lookups", "share", "established", "steered", "listener");
    int idle = 0;
    for (Report.SocketRow row : report.sockets()) {
      if (row.lookups() == 0) {
        idle++;
        continue;
      }
      table.row(
          row.socket(),
          row.address(),
          number(row.lookups()),
          share(row.lookups(), report.lookups()),
          number(row.established()),
          number(row.steered()),
          number(row.listener()));
    }
    if (report.ownConnections() != 0) {
      table.row(
          "(own)",
          "connections the host opened",
          number(report.ownConnections()),
          share(report.ownConnections(), report.lookups()),
          number(report.ownConnections()),
          "0",
          "0");
    }
    if (!table.empty()) {
      table.lines().forEach(this::line);
    }
    if (idle != 0) {
      line("%d socket%s without a packet".formatted(idle, idle == 1 ? "" : "s"));
    }
    line("");
  }

  private void links() {
    if (report.links().isEmpty()) {
      return;
    }
    Table table = new Table(3, "link", "program", "netns", "steered", "dropped");
    for (Report.LinkRow row : report.links()) {
      table.row(
          row.link(), row.program(), row.netns(), number(row.steered()), number(row.dropped()));
    }
    table.lines().forEach(this::line);
    line("");
  }

  private void traffic() {
    for (TraceSummary trace : report.traces()) {
      line(
          "%s: %s frames, %s with ports"
              .formatted(trace.name(), number(trace.frames()), number(trace.packets())));
      Map<SkipReason, Long> skipped = new TreeMap<>(trace.skipped());
      skipped.forEach(
          (reason, count) -> line("  skipped %s: %s".formatted(number(count), reason.meaning())));
      if (trace.problem() != null) {
        line("  " + paint(RED, "incomplete") + ": " + trace.problem());
      }
    }
    Report.Connections connections = report.connections();
    if (connections.opened() != 0) {
      line(
          "connections: %s opened, %s evicted, %s idle too long"
              .formatted(
                  number(connections.opened()),
                  number(connections.evicted()),
                  number(connections.expired())));
    }
  }

  private void expectations() {
    if (report.expectations().isEmpty() && report.notChecked().isEmpty()) {
      return;
    }
    line("");
    line("expectations");
    for (Report.Expected row : report.expectations()) {
      line(
          row.ok()
              ? "  " + paint(GREEN, "ok") + "      " + row.name()
              : "  " + paint(RED, "FAILED") + "  " + row.name() + prefixed(": ", row.detail()));
    }
    if (!report.notChecked().isEmpty()) {
      line("  not checked: " + report.notChecked());
    }
  }

  private static String prefixed(String prefix, String text) {
    return text.isEmpty() ? "" : prefix + text;
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private String paint(String code, String text) {
    return colour ? code + text + PLAIN : text;
  }

  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.3f", nanos / 1e9);
  }

  static String rate(double perSecond) {
    return perSecond >= 1e6
        ? String.format(Locale.ROOT, "%.2f M", perSecond / 1e6)
        : perSecond >= 1e4
            ? String.format(Locale.ROOT, "%.0f k", perSecond / 1e3)
            : String.format(Locale.ROOT, "%.0f", perSecond);
  }

  static String share(long part, long whole) {
    return whole == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
  }
}
