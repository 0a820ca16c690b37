package io.bpf4j.error;

/// An input of the simulation that cannot be read or makes no sense: a trace, a scenario, a file
/// named in one. The message names the input, the place in it where there is one, and the rule.
public final class InputException extends BpfException {
  private static final long serialVersionUID = 1;

  /// `input` is the file as the user named it; `place` a line, key or offset, or empty.
  public InputException(String input, String place, String rule) {
    super(place.isEmpty() ? input + ": " + rule : input + ": " + place + ": " + rule);
  }

  public InputException(String input, String place, String rule, Throwable cause) {
    super(place.isEmpty() ? input + ": " + rule : input + ": " + place + ": " + rule, cause);
  }
}
