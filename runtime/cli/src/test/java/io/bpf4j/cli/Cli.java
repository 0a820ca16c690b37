package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;

/// What one command did.
///
/// @param code the exit code
/// @param out standard output
/// @param err standard error
record Cli(int code, String out, String err) {
  /// Runs a command with nothing on standard input.
  static Cli run(String... args) {
    return run(new byte[0], args);
  }

  static Cli run(byte[] in, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Io io =
        new Io(
            new ByteArrayInputStream(in),
            new PrintStream(out, false, UTF_8),
            new PrintStream(err, false, UTF_8),
            false,
            false);
    int code = Main.run(io, args);
    io.out().flush();
    io.err().flush();
    return new Cli(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  List<String> lines() {
    return out.lines().toList();
  }
}
