package io.bpf4j.sim.scenario;

/// The numbers that are accepted, from `min` to `max`.
public record Bounds(long min, long max) {
  public static Bounds exactly(long number) {
    return new Bounds(number, number);
  }

  public boolean accept(long number) {
    return number >= min && number <= max;
  }

  @Override
  public String toString() {
    return min == max
        ? Long.toString(min)
        : max == Long.MAX_VALUE
            ? "at least " + min
            : min == 0 ? "at most " + max : "from " + min + " to " + max;
  }
}
