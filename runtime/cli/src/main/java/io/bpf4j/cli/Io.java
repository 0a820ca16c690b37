package io.bpf4j.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Where a command reads and writes: results to `out`, which is buffered, everything else to `err`.
///
/// @param in standard input
/// @param out results
/// @param err diagnostics and progress
/// @param colour whether results may be coloured
/// @param progress whether somebody watches `err`
record Io(InputStream in, PrintStream out, PrintStream err, boolean colour, boolean progress) {
  private static final int OUT_BUFFER = 1 << 16;

  /// The process's own streams. The launcher says which are terminals; without it none is.
  static Io system() {
    boolean outTty = Boolean.getBoolean("bpf4j.out.tty");
    boolean errTty = Boolean.getBoolean("bpf4j.err.tty");
    String noColour = System.getenv("NO_COLOR");
    boolean colour = outTty && (noColour == null || noColour.isEmpty());
    return new Io(
        System.in,
        stream(FileDescriptor.out, OUT_BUFFER),
        stream(FileDescriptor.err, 1024),
        colour,
        errTty);
  }

  private static PrintStream stream(FileDescriptor descriptor, int buffer) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), buffer),
        false,
        StandardCharsets.UTF_8);
  }

  /// Writes a line of diagnostics at once, after the results so far.
  void complain(String line) {
    out.flush();
    err.println(line);
    err.flush();
  }
}
