package io.bpf4j.verifier;

/// A register that was not written, or whose value a call destroyed.
public enum NotInit implements RegState {
  NOT_INIT;

  @Override
  public String typeName() {
    return "?";
  }
}
