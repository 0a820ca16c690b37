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

/// Turns documents of `./bpf4j bench --json` into the table and the chart of the README:
///
/// ```
/// java -cp benchmarks/target/benchmarks.jar io.bpf4j.benchmarks.Results benchmarks/chart.svg FILE...
/// ```
public final class Results {
  private static final int BAR = 14;
  private static final int GAP = 12;
  private static final int LEFT = 150;
  private static final int WIDTH = 760;
  private static final double SMALLEST = 1;

  /// The engines of the table and their colours, in its order.
  private static final Map<String, String> ENGINES = new LinkedHashMap<>();

  static {
    ENGINES.put("interp", "#b9c3cf");
    ENGINES.put("checked-jit", "#7fb0e8");
    ENGINES.put("jit", "#2b6cb0");
    ENGINES.put("kernel", "#dd9a3c");
  }

  /// What was measured: a program or a scenario's lookup, `same` or `random` packets.
  private record Row(String what, String tuples) {}

  private Results() {}

  /// @param args where to write the chart, and the JSON files
  public static void main(String[] args) throws IOException {
    Map<Row, Map<String, Double>> rows = new LinkedHashMap<>();
    for (int i = 1; i < args.length; i++) {
      read(Path.of(args[i]), rows);
    }
    System.out.print(table(rows));
    Files.writeString(Path.of(args[0]), chart(rows));
  }

  private static void read(Path file, Map<Row, Map<String, Double>> rows) throws IOException {
    JsonNode document = JsonMapper.shared().readTree(Files.readString(file));
    String input = document.get("input").asString();
    for (JsonNode row : document.get("rows")) {
      String program = row.get("program").asString();
      // samples/quickstart/scenario.yaml: the folder says more than the file.
      String folder = input.replaceFirst("/[^/]*$", "").replaceFirst("^.*/", "");
      String what = program.equals("lookup") ? "lookup: " + folder : program;
      if (!row.get("nsPerRun").isNull()) {
        rows.computeIfAbsent(
                new Row(what, row.get("tuples").asString()), _ -> new LinkedHashMap<>())
            .put(row.get("engine").asString(), row.get("nsPerRun").asDouble());
      }
    }
  }

  private static String table(Map<Row, Map<String, Double>> rows) {
    StringBuilder out = new StringBuilder("| | packets |");
    StringBuilder rule = new StringBuilder("\n|---|---|");
    for (String engine : ENGINES.keySet()) {
      out.append(' ').append(engine).append(" |");
      rule.append("--:|");
    }
    out.append(rule).append('\n');
    rows.forEach((row, engines) -> {
      out.append("| ").append(row.what()).append(" | ").append(row.tuples()).append(" |");
      for (String engine : ENGINES.keySet()) {
        Double nanos = engines.get(engine);
        out.append(nanos == null ? " |" : " " + number(nanos) + " |");
      }
      out.append('\n');
    });
    return out.toString();
  }

  private static String number(double nanos) {
    return String.format(Locale.ROOT, nanos < 100 ? "%.1f" : "%,.0f", nanos);
  }

  /// Bars of all engines on a logarithmic scale, random packets.
  private static String chart(Map<Row, Map<String, Double>> rows) {
    Map<Row, Map<String, Double>> shown = new LinkedHashMap<>(rows);
    shown.keySet().removeIf(row -> row.tuples().equals("same"));
    List<Double> all = new ArrayList<>();
    shown.values().forEach(engines -> all.addAll(engines.values()));
    double largest = all.stream().mapToDouble(Double::doubleValue).max().orElse(1) + 10;
    int height = all.size() * BAR + shown.size() * GAP + 50;
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                + " font-size=\"13\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n"
                + "<text x=\"10\" y=\"20\" font-weight=\"bold\">ns per run, random packets"
                + " (logarithmic)</text>%n",
            WIDTH,
            height));
    int x = WIDTH - 110 * ENGINES.size();
    for (Map.Entry<String, String> engine : ENGINES.entrySet()) {
      out.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"9\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                  + "<text x=\"%d\" y=\"20\">%s</text>%n",
              x,
              engine.getValue(),
              x + 18,
              engine.getKey()));
      x += 110;
    }
    int y = 40;
    for (Map.Entry<Row, Map<String, Double>> row : shown.entrySet()) {
      out.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
              LEFT - 8,
              y + BAR,
              row.getKey().what()));
      for (Map.Entry<String, String> engine : ENGINES.entrySet()) {
        Double nanos = row.getValue().get(engine.getKey());
        if (nanos != null) {
          out.append(bar(y, engine.getValue(), nanos, largest));
          y += BAR;
        }
      }
      y += GAP;
    }
    return out.append("</svg>\n").toString();
  }

  private static String bar(int y, String colour, double nanos, double largest) {
    double share = Math.log(Math.max(nanos, SMALLEST) / SMALLEST) / Math.log(largest / SMALLEST);
    int width = (int) Math.max(2, share * (WIDTH - LEFT - 90));
    return String.format(
        Locale.ROOT,
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/><text x=\"%d\" y=\"%d\""
            + " font-size=\"12\">%s</text>%n",
        LEFT,
        y,
        width,
        BAR - 2,
        colour,
        LEFT + width + 6,
        y + BAR - 4,
        number(nanos));
  }
}
