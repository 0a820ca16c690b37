package io.bpf4j.error;

/// A run took more back edges and calls than its budget.
public final class BudgetExhausted extends ProgramFault {
  private static final long serialVersionUID = 1;

  public BudgetExhausted(String program, int pc, String message) {
    super(program, pc, message);
  }
}
