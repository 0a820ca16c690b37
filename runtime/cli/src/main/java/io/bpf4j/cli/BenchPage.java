package io.bpf4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A comparison as one HTML page that needs nothing else: a chart for each kind of tuples, bars on
/// a logarithmic scale with the spread of the rounds, and the table with all figures.
final class BenchPage {
  private static final int LEFT = 190;
  private static final int WIDTH = 860;
  private static final int BAR = 16;
  private static final int GAP = 14;
  private static final int FIGURES = 110;

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#667;--line:#dde;--e0:#9aa7b5;--e1:#6aa1ff;--e2:#1f5fc4;--e3:#e0912f;--e4:#5cae7e;--e5:#b36ac2}
      @media(prefers-color-scheme:dark){:root{--fg:#e6e8eb;--bg:#15181c;--dim:#98a;--line:#333a42;--e0:#7c8894;--e1:#7fb0ff;--e2:#3f83ee;--e3:#e8a552}}
      body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:64rem;margin:2rem auto;padding:0 1rem}
      h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}.dim{color:var(--dim)}svg{width:100%;height:auto}svg text{fill:var(--fg);font:13px system-ui,sans-serif}
      table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
      th{font-weight:600;color:var(--dim)}.l{text-align:left}.e0{fill:var(--e0)}.e1{fill:var(--e1)}.e2{fill:var(--e2)}.e3{fill:var(--e3)}.e4{fill:var(--e4)}.e5{fill:var(--e5)}
      .spread{stroke:var(--fg);stroke-width:1.5}
      """;

  private final BenchReport report;
  private final List<String> engines;
  private final StringBuilder out = new StringBuilder();

  private BenchPage(BenchReport report) {
    this.report = report;
    this.engines = report.rows().stream().map(BenchRow::engine).distinct().toList();
  }

  /// The page.
  static String text(BenchReport report) {
    BenchPage page = new BenchPage(report);
    page.print();
    return page.out.toString();
  }

  private void print() {
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>")
        .append(escaped("bench " + report.input()))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(escaped(report.input()))
        .append("</h1>\n");
    BenchReport.machine()
        .forEach((key, value) ->
            out.append("<p class=\"dim\" style=\"margin:0\">")
                .append(escaped(key + ": " + value))
                .append("</p>\n"));
    chart("The same packet again and again", false);
    chart("Another packet each time", true);
    table();
    report
        .complaints()
        .forEach(line -> out.append("<p><b>").append(escaped(line)).append("</b></p>\n"));
    out.append("</body></html>\n");
  }

  private void chart(String title, boolean random) {
    Map<String, List<BenchRow>> programs = new LinkedHashMap<>();
    report.rows().stream()
        .filter(row -> row.random() == random && row.measured())
        .forEach(row ->
            programs.computeIfAbsent(row.program(), _ -> new java.util.ArrayList<>()).add(row));
    if (programs.isEmpty()) {
      return;
    }
    List<BenchRow> all = programs.values().stream().flatMap(List::stream).toList();
    double smallest = Math.min(1, all.stream().mapToDouble(BenchRow::low).min().orElse(1));
    double largest = all.stream().mapToDouble(BenchRow::high).max().orElse(10);
    int height = all.size() * BAR + programs.size() * GAP + 30;
    out.append("<h2>").append(title).append("</h2>\n<p class=\"dim\">ns a run, logarithmic</p>\n");
    out.append("<svg viewBox=\"0 0 %d %d\" role=\"img\">%n".formatted(WIDTH, height));
    legend();
    int y = 30;
    for (Map.Entry<String, List<BenchRow>> program : programs.entrySet()) {
      out.append(
          "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n"
              .formatted(LEFT - 8, y + BAR, escaped(program.getKey())));
      for (BenchRow row : program.getValue()) {
        bar(row, y, new Scale(smallest, largest));
        y += BAR;
      }
      y += GAP;
    }
    out.append("</svg>\n");
  }

  /// From nanoseconds to a place in the chart.
  private record Scale(double smallest, double largest) {
    double x(double nanos) {
      double share =
          Math.log(Math.max(nanos, smallest) / smallest) / Math.log(1.0001 * largest / smallest);
      return LEFT + Math.max(2, share * (WIDTH - LEFT - FIGURES));
    }
  }

  private void bar(BenchRow row, int y, Scale scale) {
    double end = scale.x(row.median());
    out.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"e%d\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
                + "<line class=\"spread\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                + "<text x=\"%.1f\" y=\"%d\">%.1f</text>%n",
            engines.indexOf(row.engine()) % 6,
            LEFT,
            y,
            end - LEFT,
            BAR - 2,
            scale.x(row.low()),
            scale.x(row.high()),
            y + BAR / 2 - 1,
            y + BAR / 2 - 1,
            scale.x(row.high()) + 6,
            y + BAR - 4,
            row.median()));
  }

  private void legend() {
    int x = LEFT;
    for (int i = 0; i < engines.size(); i++) {
      out.append(
          "<rect class=\"e%d\" x=\"%d\" y=\"4\" width=\"12\" height=\"12\"/><text x=\"%d\" y=\"15\">%s</text>%n"
              .formatted(i % 6, x, x + 18, escaped(engines.get(i))));
      x += 120;
    }
  }

  private void table() {
    out.append("<h2>Figures</h2>\n<table><tr><th class=\"l\">program</th><th class=\"l\">tuples")
        .append("</th><th class=\"l\">engine</th><th>ns a run</th><th>fastest round</th>")
        .append("<th>slowest</th><th>times jit</th><th class=\"l\">note</th></tr>\n");
    for (BenchRow row : report.rows()) {
      out.append("<tr>");
      left(row.program());
      left(row.tuples());
      left(row.engine());
      number(row.measured() ? row.median() : Double.NaN);
      number(row.measured() ? row.low() : Double.NaN);
      number(row.measured() ? row.high() : Double.NaN);
      number(report.ratio(row));
      left(row.note());
      out.append("</tr>\n");
    }
    out.append("</table>\n");
  }

  private void left(String text) {
    out.append("<td class=\"l\">").append(escaped(text)).append("</td>");
  }

  private void number(double value) {
    out.append("<td>")
        .append(Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value))
        .append("</td>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
