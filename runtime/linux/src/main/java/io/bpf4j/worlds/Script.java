package io.bpf4j.worlds;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Steps one after the other, one a line of text. `#` starts a comment. A line may say which side
/// alone plays it, and what must be answered:
///
/// ```
/// open a tcp4
/// bind a 127.0.0.1:80 -> ok
/// live: shake 127.0.0.1:0 127.0.0.1:80 -> a
/// ```
public record Script(List<Line> lines) {
  private static final String ARROW = " -> ";

  public Script {
    lines = List.copyOf(lines);
  }

  /// Who plays a line.
  public enum Who {
    BOTH(""),
    LIVE("live: "),
    SIM("sim: ");

    private final String prefix;

    Who(String prefix) {
      this.prefix = prefix;
    }
  }

  /// A line.
  ///
  /// @param expected what each side must answer, alternatives between `|`; null: only the same
  public record Line(Who who, Step step, @Nullable String expected) {
    /// A step of both sides.
    public static Line of(Step step) {
      return new Line(Who.BOTH, step, null);
    }

    @Override
    public String toString() {
      return who.prefix + step + (expected == null ? "" : ARROW + expected);
    }
  }

  /// Reads a script.
  ///
  /// @throws IllegalArgumentException naming the line and what cannot be read
  public static Script read(String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String raw : text.lines().toList()) {
      number++;
      int comment = raw.indexOf('#');
      String line = (comment < 0 ? raw : raw.substring(0, comment)).strip();
      if (!line.isEmpty()) {
        try {
          lines.add(line(line));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
        }
      }
    }
    return new Script(lines);
  }

  private static Line line(String line) {
    Who who = Who.BOTH;
    String rest = line;
    for (Who one : Who.values()) {
      if (!one.prefix.isEmpty() && line.startsWith(one.prefix)) {
        who = one;
        rest = line.substring(one.prefix.length());
      }
    }
    int arrow = rest.indexOf(ARROW);
    return arrow < 0
        ? new Line(who, StepReader.read(rest), null)
        : new Line(
            who,
            StepReader.read(rest.substring(0, arrow)),
            rest.substring(arrow + ARROW.length()).strip());
  }

  /// The text that [#read] reads.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
