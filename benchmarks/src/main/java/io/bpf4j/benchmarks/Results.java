package io.bpf4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Turns JMH's JSON (`-rf json -rff FILE`) into the table and the chart of the README:
///
/// ```
/// java -cp benchmarks/target/benchmarks.jar io.bpf4j.benchmarks.Results FILE benchmarks/chart.svg
/// ```
public final class Results {
  private static final int BAR = 18;
  private static final int GAP = 14;
  private static final int LEFT = 190;
  private static final int WIDTH = 760;
  private static final double SMALLEST = 1;

  /// What was measured: a program or a sample's whole lookup, `same` or `random` packets.
  private record Row(String what, String tuples) {}

  /// Nanoseconds with JMH's 99.9 % error, and bytes allocated an operation where known.
  private record Score(double nanos, double error, double bytes) {}

  /// What both engines took for the same.
  private record Pair(Row row, Score interp, Score jit) {}

  private Results() {}

  /// @param args the JSON file, and where to write the chart
  public static void main(String[] args) throws IOException {
    List<Pair> pairs = new ArrayList<>();
    read(Path.of(args[0]))
        .forEach((row, scores) -> {
          Score interp = scores.get("interp");
          Score jit = scores.get("checked-jit");
          if (interp != null && jit != null) {
            pairs.add(new Pair(row, interp, jit));
          }
        });
    System.out.print(table(pairs));
    Files.writeString(Path.of(args[1]), chart(pairs));
  }

  private static Map<Row, Map<String, Score>> read(Path file) throws IOException {
    Map<Row, Map<String, Score>> rows = new LinkedHashMap<>();
    for (JsonNode result : JsonMapper.shared().readTree(Files.readString(file))) {
      String name = result.get("benchmark").asString();
      JsonNode params = result.get("params");
      JsonNode metric = result.get("primaryMetric");
      JsonNode bytes = result.path("secondaryMetrics").path("gc.alloc.rate.norm").path("score");
      boolean whole = params.has("sample");
      String what =
          whole
              ? "lookup: " + params.get("sample").asString()
              : "program: " + params.get("program").asString();
      rows.computeIfAbsent(
              new Row(what, name.substring(name.lastIndexOf('.') + 1)), _ -> new LinkedHashMap<>())
          .put(
              params.get("engine").asString(),
              new Score(
                  metric.get("score").asDouble(),
                  metric.get("scoreError").asDouble(0),
                  bytes.asDouble(Double.NaN)));
    }
    return rows;
  }

  private static String table(List<Pair> pairs) {
    StringBuilder out =
        new StringBuilder("| | packets | interpreter ns | JIT ns | ratio | JIT B/op |\n");
    out.append("|---|---|--:|--:|--:|--:|\n");
    for (Pair pair : pairs) {
      out.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.1f ± %.1f | %.1f ± %.1f | %.1f | %.3f |%n",
              pair.row().what(),
              pair.row().tuples(),
              pair.interp().nanos(),
              pair.interp().error(),
              pair.jit().nanos(),
              pair.jit().error(),
              pair.interp().nanos() / pair.jit().nanos(),
              pair.jit().bytes()));
    }
    return out.toString();
  }

  /// Bars of both engines on a logarithmic scale, random packets.
  private static String chart(List<Pair> pairs) {
    List<Pair> shown = pairs.stream().filter(p -> p.row().tuples().equals("random")).toList();
    double largest = shown.stream().mapToDouble(p -> p.interp().nanos()).max().orElse(1) + 10;
    int height = shown.size() * (2 * BAR + GAP) + 60;
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                + " font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n",
            WIDTH,
            height));
    out.append(
        "<text x=\"10\" y=\"20\" font-weight=\"bold\">ns per run, random packets (logarithmic)</text>\n");
    out.append(legend(WIDTH - 260, "#b9c3cf", "interpreter"));
    out.append(legend(WIDTH - 130, "#2b6cb0", "JIT"));
    int y = 40;
    for (Pair pair : shown) {
      out.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
              LEFT - 8,
              y + BAR + 4,
              pair.row().what()));
      out.append(bar(y, "#b9c3cf", pair.interp().nanos(), largest));
      out.append(bar(y + BAR, "#2b6cb0", pair.jit().nanos(), largest));
      y += 2 * BAR + GAP;
    }
    return out.append("</svg>\n").toString();
  }

  private static String legend(int x, String colour, String text) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%d\" y=\"9\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"20\">%s</text>%n",
        x,
        colour,
        x + 18,
        text);
  }

  private static String bar(int y, String colour, double nanos, double largest) {
    double share = Math.log(Math.max(nanos, SMALLEST) / SMALLEST) / Math.log(largest / SMALLEST);
    int width = (int) Math.max(2, share * (WIDTH - LEFT - 90));
    return String.format(
        Locale.ROOT,
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/><text x=\"%d\" y=\"%d\""
            + " font-size=\"12\">%.1f</text>%n",
        LEFT,
        y,
        width,
        BAR - 2,
        colour,
        LEFT + width + 6,
        y + BAR - 5,
        nanos);
  }
}
