package io.bpf4j.engine;

/// How programs are run.
///
/// @param fuel back edges and calls a run may take, across its functions
public record EngineOptions(long fuel) {
  /// 10^8 back edges and calls.
  public static final EngineOptions DEFAULT = new EngineOptions(100_000_000);
}
