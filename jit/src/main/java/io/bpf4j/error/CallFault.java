package io.bpf4j.error;

/// A call that cannot be made: too deep, an unknown helper, or a target that is no function entry.
public final class CallFault extends ProgramFault {
  private static final long serialVersionUID = 1;

  public CallFault(String program, int pc, String message) {
    super(program, pc, message);
  }
}
