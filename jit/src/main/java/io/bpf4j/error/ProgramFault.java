package io.bpf4j.error;

/// A run of a program that was stopped. The message names program, insn, what it was and the C line
/// where it is known.
public abstract sealed class ProgramFault extends BpfException
    permits MemoryFault, BudgetExhausted, CallFault {
  private static final long serialVersionUID = 1;

  private final String program;
  private final int pc;

  ProgramFault(String program, int pc, String message) {
    super(message);
    this.program = program;
    this.pc = pc;
  }

  public String program() {
    return program;
  }

  public int pc() {
    return pc;
  }
}
