package io.bpf4j.cli;

import io.bpf4j.linux.KernelSupport;
import io.bpf4j.mem.MemoryBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What a comparison has to say: its rows, and what went wrong.
final class BenchReport {
  /// Ratios are to this engine, where it has a row.
  private static final String MEASURE = "jit";

  private final String input;
  private final List<BenchRow> rows = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  BenchReport(String input) {
    this.input = input;
  }

  String input() {
    return input;
  }

  void add(List<BenchRow> measured) {
    rows.addAll(measured);
  }

  /// An engine that does not run a program.
  void refused(String program, String engine, List<Boolean> kinds, String why) {
    kinds.forEach(random -> rows.add(BenchRow.refused(program, engine, random, why)));
    complain(engine + ": " + why);
  }

  /// Something that makes the comparison a bad one.
  void complain(String line) {
    complaints.add(line);
  }

  List<BenchRow> rows() {
    return List.copyOf(rows);
  }

  List<String> complaints() {
    return List.copyOf(complaints);
  }

  /// Where it was measured: words a reader needs to judge the figures.
  static Map<String, String> machine() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("cpu", cpu());
    machine.put("cpus", String.valueOf(Runtime.getRuntime().availableProcessors()));
    machine.put("kernel", "Linux " + KernelSupport.release());
    machine.put("kernelJit", KernelSupport.jit().name().toLowerCase(Locale.ROOT));
    machine.put("jdk", System.getProperty("java.vendor") + " " + Runtime.version());
    machine.put("memory", MemoryBackend.current().name());
    return machine;
  }

  private static String cpu() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      Optional<String> model = lines.filter(line -> line.startsWith("model name")).findFirst();
      return model.map(line -> line.replaceFirst("^[^:]*: *", "")).orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /// The document of `--json`.
  Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", machine());
    document.put("input", input);
    document.put("rows", rows.stream().map(BenchRow::document).toList());
    document.put("complaints", complaints);
    return document;
  }

  /// How many times what `jit` takes a row takes, or NaN.
  double ratio(BenchRow row) {
    for (BenchRow other : rows) {
      if (other.engine().equals(MEASURE)
          && other.program().equals(row.program())
          && other.random() == row.random()
          && other.measured()
          && row.measured()) {
        return row.median() / other.median();
      }
    }
    return Double.NaN;
  }

  /// The table for people.
  String text() {
    StringBuilder out = new StringBuilder();
    machine().forEach((key, value) -> out.append(String.format("%-9s  %s%n", key, value)));
    int width = rows.stream().mapToInt(row -> row.program().length()).max().orElse(0);
    width = Math.max(width, "program".length());
    out.append(
        String.format(
            "%n%-" + width + "s  %-6s  %-14s  %10s  %21s  %8s%n",
            "program",
            "tuples",
            "engine",
            "ns/run",
            "fastest - slowest",
            "x " + MEASURE));
    List<String> notes = new ArrayList<>();
    for (BenchRow row : rows) {
      out.append(line(row, width, notes));
    }
    for (int i = 0; i < notes.size(); i++) {
      out.append(i == 0 ? "\n" : "").append(i + 1).append(") ").append(notes.get(i)).append('\n');
    }
    return out.toString();
  }

  private String line(BenchRow row, int width, List<String> notes) {
    String mark = "";
    if (!row.note().isEmpty()) {
      int at = notes.indexOf(row.note());
      if (at < 0) {
        notes.add(row.note());
        at = notes.size() - 1;
      }
      mark = "  " + (at + 1) + ")";
    }
    double ratio = ratio(row);
    return String.format(
            Locale.ROOT,
            "%-" + width + "s  %-6s  %-14s  %10s  %21s  %8s%s",
            row.program(),
            row.tuples(),
            row.engine(),
            row.measured() ? number(row.median()) : "-",
            row.measured() ? number(row.low()) + " - " + number(row.high()) : "",
            Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio),
            mark)
        + "\n";
  }

  private static String number(double nanos) {
    return String.format(Locale.ROOT, nanos < 100 ? "%.2f" : "%.0f", nanos);
  }
}
