package io.bpf4j.engine;

import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;

/// Turns programs into something that runs.
public interface Engine {
  /// The name on the command line: `interp`, `checked-jit`.
  String name();

  /// Prepares a program.
  ///
  /// @throws io.bpf4j.error.InsnFormatException when a jump or call leads nowhere
  /// @throws io.bpf4j.error.UnsupportedException when it uses what this engine or platform cannot
  ///   run, by name
  RunnableProgram load(Program program, Platform platform, EngineOptions options);
}
