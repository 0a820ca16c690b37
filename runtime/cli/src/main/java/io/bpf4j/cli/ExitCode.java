package io.bpf4j.cli;

/// The exit codes of every command.
final class ExitCode {
  /// Done, and the answer is positive.
  static final int OK = 0;

  /// Done, and the answer is negative: something is rejected, an expectation failed, answers
  /// differ.
  static final int NEGATIVE = 1;

  /// Wrong usage, or an input that cannot be read.
  static final int USAGE = 2;

  /// The BPF program was stopped by a fault.
  static final int FAULT = 3;

  /// A bug of bpf4j (`EX_SOFTWARE` of sysexits.h).
  static final int BUG = 70;

  private ExitCode() {}
}
