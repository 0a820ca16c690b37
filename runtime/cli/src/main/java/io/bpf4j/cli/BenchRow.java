package io.bpf4j.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One line of a comparison: what a run of a program takes on an engine.
///
/// @param program its name, or `lookup` for the whole lookup of a scenario
/// @param engine which ran it
/// @param random whether each run took another input; otherwise all took the same
/// @param nanos nanoseconds of a run, one number a round; empty when nothing was measured
/// @param note what a reader must know, or empty
record BenchRow(String program, String engine, boolean random, double[] nanos, String note) {
  BenchRow {
    nanos = nanos.clone();
    Arrays.sort(nanos);
  }

  /// A row that says why there is nothing to say.
  static BenchRow refused(String program, String engine, boolean random, String why) {
    return new BenchRow(program, engine, random, new double[0], why);
  }

  boolean measured() {
    return nanos.length > 0;
  }

  /// The median of the rounds.
  double median() {
    int middle = nanos.length / 2;
    return nanos.length % 2 == 1 ? nanos[middle] : (nanos[middle - 1] + nanos[middle]) / 2;
  }

  double low() {
    return nanos[0];
  }

  double high() {
    return nanos[nanos.length - 1];
  }

  String tuples() {
    return random ? "random" : "same";
  }

  /// The row of `bench --json`.
  Map<String, @Nullable Object> document() {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("program", program);
    row.put("engine", engine);
    row.put("tuples", tuples());
    row.put("nsPerRun", measured() ? rounded(median()) : null);
    row.put("low", measured() ? rounded(low()) : null);
    row.put("high", measured() ? rounded(high()) : null);
    row.put("rounds", nanos.length);
    row.put("note", note);
    return row;
  }

  private static double rounded(double nanos) {
    return Math.round(nanos * 1000) / 1000.0;
  }
}
