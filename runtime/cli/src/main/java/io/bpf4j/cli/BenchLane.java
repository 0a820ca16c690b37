package io.bpf4j.cli;

/// Something that can be timed: a program on an engine with its inputs in place.
interface BenchLane extends AutoCloseable {
  /// The row's program and engine.
  String program();

  String engine();

  /// Runs it so many times, one after another.
  ///
  /// @param random whether each run takes another input; otherwise all take the first
  /// @return mean nanoseconds of a run
  double time(boolean random, long runs);

  /// What a reader of the row must know, or empty.
  default String note(boolean random) {
    return "";
  }

  @Override
  void close();
}
