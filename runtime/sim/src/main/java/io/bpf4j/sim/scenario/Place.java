package io.bpf4j.sim.scenario;

/// Where something stands in the scenario file; lines and columns count from 1.
public record Place(int line, int column) {
  /// The start of the file.
  public static final Place START = new Place(1, 1);

  @Override
  public String toString() {
    return line + ":" + column;
  }
}
