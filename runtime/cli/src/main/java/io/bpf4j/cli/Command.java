package io.bpf4j.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/// What all commands have in common.
abstract class Command implements Callable<Integer> {
  private final Io io;

  /// Read by picocli, which then runs nothing.
  @SuppressWarnings("UnusedVariable")
  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  Command(Io io) {
    this.io = io;
  }

  final Io io() {
    return io;
  }

  /// Runs the command.
  ///
  /// @return one of [ExitCode]
  @Override
  public abstract Integer call() throws IOException;
}
