package io.bpf4j.error;

/// A program and its maps or its host do not fit together: a map is missing, or its shape differs.
public final class BindException extends BpfException {
  private static final long serialVersionUID = 1;

  public BindException(String thing, String rule) {
    super(thing + ": " + rule);
  }
}
