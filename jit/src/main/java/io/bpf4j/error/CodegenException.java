package io.bpf4j.error;

/// The compiler failed on a program it should have compiled: a bug of bpf4j.
public final class CodegenException extends BpfException {
  private static final long serialVersionUID = 1;

  public CodegenException(String what, Throwable cause) {
    super("bug in bpf4j: " + what, cause);
  }
}
