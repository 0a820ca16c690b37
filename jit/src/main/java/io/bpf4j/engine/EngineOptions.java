package io.bpf4j.engine;

/// How programs are run.
///
/// @param fuel back edges and calls a run may take, across its functions; at most [#MOST_FUEL]
public record EngineOptions(long fuel) {
  /// Compiled code counts with an `int`, one beyond.
  public static final long MOST_FUEL = Integer.MAX_VALUE - 1;

  /// 10^8 back edges and calls.
  public static final EngineOptions DEFAULT = new EngineOptions(100_000_000);

  public EngineOptions {
    if (fuel < 0 || fuel > MOST_FUEL) {
      throw new IllegalArgumentException("fuel " + fuel);
    }
  }
}
