package io.bpf4j.sim.report;

import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/// A report as one HTML page that needs nothing else: bars are SVG in the page, colours follow the
/// reader's light or dark setting.
public final class HtmlReport {
  private static final int BAR = 240;

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#667;--line:#dde;--bar:#2f6fd6;--ok:#187a36;--bad:#c0282d}
      @media(prefers-color-scheme:dark){:root{--fg:#e6e8eb;--bg:#15181c;--dim:#98a;--line:#333a42;--bar:#6aa1ff;--ok:#5cc47e;--bad:#ff7b7f}}
      body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:64rem;margin:2rem auto;padding:0 1rem}
      h1{font-size:1.4rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}p{margin:.2rem 0}.dim{color:var(--dim)}
      table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
      th{font-weight:600;color:var(--dim)}.l{text-align:left}svg rect{fill:var(--bar)}.ok{color:var(--ok)}.bad{color:var(--bad);font-weight:600}
      """;

  private final Report report;
  private final StringBuilder out = new StringBuilder();

  private HtmlReport(Report report) {
    this.report = report;
  }

  /// The page.
  public static String text(Report report) {
    HtmlReport page = new HtmlReport(report);
    page.print();
    return page.out.toString();
  }

  private void print() {
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>")
        .append(escaped(report.scenario()))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n");
    head();
    results();
    sockets();
    links();
    traffic();
    expectations();
    out.append("</body></html>\n");
  }

  private void head() {
    out.append("<h1>").append(escaped(report.scenario())).append("</h1>\n");
    paragraph("", report.description());
    paragraph(
        "",
        "%s lookups in %s s: %s lookups/s"
            .formatted(
                TextReport.number(report.lookups()),
                TextReport.seconds(report.nanos()),
                TextReport.rate(report.lookupsPerSecond())));
    paragraph(
        "dim",
        "engine %s, %d thread%s%s"
            .formatted(
                report.engine(),
                report.threads(),
                report.threads() == 1 ? "" : "s",
                report.stopped() ? ", ended early" : ""));
    if (report.fault() != null) {
      paragraph("bad", "stopped by a fault at " + report.fault().message());
    }
  }

  private void paragraph(String style, String text) {
    if (!text.isEmpty()) {
      out.append(style.isEmpty() ? "<p>" : "<p class=\"" + style + "\">")
          .append(escaped(text))
          .append("</p>\n");
    }
  }

  private void results() {
    start("What became of the packets", List.of("result", "packets", "share", ""), 1);
    for (ResultKind kind : ResultKind.values()) {
      long count = report.of(kind);
      boolean local = kind != ResultKind.NOT_LOCAL;
      out.append("<tr><td class=\"l\" title=\"")
          .append(escaped(kind.meaning()))
          .append("\">")
          .append(kind.key())
          .append("</td>");
      number(count);
      cell(local ? TextReport.share(count, report.lookups()) : "");
      bar(local ? count : 0, report.lookups());
      out.append("</tr>\n");
    }
    end();
    Report.NotLocal not = report.notLocal();
    if (report.of(ResultKind.NOT_LOCAL) != 0) {
      paragraph(
          "dim",
          "not local: %s sent by the host, %s to other hosts, %s to multicast or broadcast"
              .formatted(
                  TextReport.number(not.sentByHost()),
                  TextReport.number(not.forOthers()),
                  TextReport.number(not.multicast())));
    }
  }

  private void sockets() {
    if (report.sockets().isEmpty()) {
      return;
    }
    start(
        "Where they went",
        List.of("socket", "bound to", "lookups", "share", "", "established", "steered", "listener"),
        2);
    for (Report.SocketRow row : report.sockets()) {
      out.append("<tr>");
      left(row.socket());
      left(row.address());
      number(row.lookups());
      cell(TextReport.share(row.lookups(), report.lookups()));
      bar(row.lookups(), max(report.sockets(), Report.SocketRow::lookups));
      number(row.established());
      number(row.steered());
      number(row.listener());
      out.append("</tr>\n");
    }
    end();
    if (report.ownConnections() != 0) {
      paragraph(
          "dim",
          TextReport.number(report.ownConnections())
              + " more belong to connections that the host itself opened");
    }
  }

  private static <T> long max(List<T> rows, ToLongFunction<T> column) {
    return rows.stream().mapToLong(column).max().orElse(0);
  }

  private void links() {
    if (report.links().isEmpty()) {
      return;
    }
    start("What programs decided", List.of("link", "program", "netns", "steered", "dropped"), 3);
    for (Report.LinkRow row : report.links()) {
      out.append("<tr>");
      left(row.link());
      left(row.program());
      left(row.netns());
      number(row.steered());
      number(row.dropped());
      out.append("</tr>\n");
    }
    end();
  }

  private void traffic() {
    if (report.traces().isEmpty()) {
      return;
    }
    start("Traces", List.of("file", "frames", "with ports", "skipped"), 1);
    for (TraceSummary trace : report.traces()) {
      out.append("<tr>");
      left(trace.name());
      number(trace.frames());
      number(trace.packets());
      number(trace.frames() - trace.packets());
      out.append("</tr>\n");
    }
    end();
    for (TraceSummary trace : report.traces()) {
      trace
          .skipped()
          .forEach((reason, count) ->
              paragraph("dim", TextReport.number(count) + " skipped: " + reason.meaning()));
      if (trace.problem() != null) {
        paragraph("bad", trace.problem());
      }
    }
    Report.Connections c = report.connections();
    paragraph(
        "dim",
        "connections: %s opened, %s evicted, %s idle too long"
            .formatted(
                TextReport.number(c.opened()),
                TextReport.number(c.evicted()),
                TextReport.number(c.expired())));
  }

  private void expectations() {
    if (!report.expectations().isEmpty()) {
      out.append("<h2>Expectations</h2>\n<table>\n");
      for (Report.Expected row : report.expectations()) {
        out.append(row.ok() ? "<tr><td class=\"l ok\">ok" : "<tr><td class=\"l bad\">FAILED");
        out.append("</td><td class=\"l\">")
            .append(escaped(row.name()))
            .append("</td><td class=\"l dim\">")
            .append(escaped(row.detail()))
            .append("</td></tr>\n");
      }
      end();
    }
    paragraph("dim", report.notChecked().isEmpty() ? "" : "not checked: " + report.notChecked());
  }

  private void start(String title, List<String> heads, int left) {
    out.append("<h2>").append(title).append("</h2>\n<table>\n<tr>");
    for (int i = 0; i < heads.size(); i++) {
      out.append(i < left ? "<th class=\"l\">" : "<th>").append(heads.get(i)).append("</th>");
    }
    out.append("</tr>\n");
  }

  private void end() {
    out.append("</table>\n");
  }

  private void left(String text) {
    out.append("<td class=\"l\">").append(escaped(text)).append("</td>");
  }

  private void number(long number) {
    cell(TextReport.number(number));
  }

  private void cell(String text) {
    out.append("<td>").append(escaped(text)).append("</td>");
  }

  private void bar(long part, long whole) {
    double width = whole == 0 ? 0 : (double) BAR * part / whole;
    out.append(
        String.format(
            Locale.ROOT,
            "<td class=\"l\"><svg width=\"%d\" height=\"10\" role=\"img\" aria-label=\"%s\">"
                + "<rect width=\"%.1f\" height=\"10\" rx=\"2\"/></svg></td>",
            BAR,
            TextReport.share(part, whole),
            width));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
