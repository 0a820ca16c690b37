package io.bpf4j.cli;

import io.bpf4j.engine.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// Answers vectors one a line, in order, each at once; a line that cannot be answered gets `error`
/// and the next its turn.
///
/// ```
/// ID <tab> MEMORY-HEX <tab> PROGRAM-HEX [<tab> OPTIONS]
/// ID <tab> ok <tab> R0-HEX
/// ID <tab> error <tab> REASON
/// ```
final class PluginBatch {
  /// A program of a million slots, the most the kernel takes, in hex with two blanks a byte.
  private static final int LONGEST_LINE = 1_000_000 * 8 * 4 + 4096;

  private final Io io;
  private final Engine engine;
  private final Map<String, PluginOptions> known = new HashMap<>();

  PluginBatch(Io io, Engine engine) {
    this.io = io;
    this.engine = engine;
  }

  void answer(BufferedReader in) throws IOException {
    for (String line = line(in); line != null; line = line(in)) {
      io.out().print(answer(line) + "\n");
      io.out().flush();
      if (io.out().checkError()) {
        // Nobody listens any more.
        return;
      }
    }
  }

  private String answer(String line) {
    List<String> fields = List.of(line.split("\t", -1));
    String id = fields.getFirst();
    try {
      return "%s\tok\t%s".formatted(id, Long.toHexString(run(line, fields)));
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // Whatever went wrong, the other lines still want their answers.
      return "%s\terror\t%s".formatted(id, reason(e));
    }
  }

  private long run(String line, List<String> fields) {
    if (line.length() >= LONGEST_LINE) {
      throw new UsageException("the line has more than " + LONGEST_LINE + " characters");
    }
    if (fields.size() < 3 || fields.size() > 4) {
      throw new UsageException(
          "a line is ID, MEMORY-HEX, PROGRAM-HEX and OPTIONS between tabs, not "
              + fields.size()
              + (fields.size() == 1 ? " field" : " fields"));
    }
    byte[] memory = Hex.parse("memory", fields.get(1).strip());
    byte[] code = Hex.parse("program", fields.get(2).strip());
    String words = fields.size() == 4 ? fields.get(3).strip() : "";
    PluginOptions options = known.computeIfAbsent(words, PluginBatch::options);
    Engine chosen = options.openEngine() ? engine : options.engine();
    return options.elf()
        ? PluginRun.runObject(chosen, code, memory)
        : PluginRun.run(chosen, code, memory);
  }

  private static PluginOptions options(String words) {
    PluginOptions options = new PluginOptions();
    try {
      if (!words.isEmpty()) {
        new CommandLine(options).parseArgs(words.split("\\s+", -1));
      }
    } catch (ParameterException e) {
      throw new UsageException("options '" + words + "': " + e.getMessage());
    }
    return options;
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return (message == null ? e.getClass().getSimpleName() : message).replaceAll("\\s+", " ");
  }

  /// The next line, cut at [#LONGEST_LINE]: an endless one must not fill the heap.
  private static @Nullable String line(BufferedReader in) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    if (c < 0) {
      return null;
    }
    for (; c >= 0 && c != '\n'; c = in.read()) {
      if (line.length() < LONGEST_LINE) {
        line.append((char) c);
      }
    }
    int end = line.length();
    if (end > 0 && line.charAt(end - 1) == '\r') {
      line.setLength(end - 1);
    }
    return line.toString();
  }
}
