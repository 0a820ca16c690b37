package io.bpf4j.sim.scenario;

/// A scenario that cannot be used. The message is one line, `file:line:column: rule`.
public final class ScenarioException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String file;
  private final int line;
  private final int column;

  /// @param file the scenario as the user named it
  /// @param place what the message is about
  /// @param rule what is wrong with it, in one line
  public ScenarioException(String file, Place place, String rule) {
    super(file + ":" + place + ": " + rule.replaceAll("\\s*[\\r\\n]\\s*", " "));
    this.file = file;
    this.line = place.line();
    this.column = place.column();
  }

  public String file() {
    return file;
  }

  /// From 1.
  public int line() {
    return line;
  }

  /// From 1.
  public int column() {
    return column;
  }
}
