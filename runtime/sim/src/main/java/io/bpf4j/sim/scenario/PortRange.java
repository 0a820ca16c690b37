package io.bpf4j.sim.scenario;

/// Ports from first to last, both included: `8000-8100`, or one alone.
public record PortRange(int first, int last) {
  private static final int MAX = 0xffff;

  public PortRange {
    if (first < 0 || last > MAX || first > last) {
      throw new IllegalArgumentException("%d-%d is no range of ports".formatted(first, last));
    }
  }

  /// How many ports.
  public int size() {
    return last - first + 1;
  }

  /// Reads `443` or `8000-8100`.
  ///
  /// @throws IllegalArgumentException when it is neither
  public static PortRange parse(String text) {
    if (!text.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
      throw new IllegalArgumentException("'" + text + "' is no port");
    }
    int dash = text.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? text : text.substring(0, dash));
    return new PortRange(first, dash < 0 ? first : Integer.parseInt(text.substring(dash + 1)));
  }
}
