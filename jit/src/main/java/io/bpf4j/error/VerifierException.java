package io.bpf4j.error;

/// A program whose safety cannot be proved: the instruction, the rule it breaks, and the walk that
/// led there. The message is one line; [#rule()] is the kernel's wording where it has one.
public final class VerifierException extends BpfException {
  private static final long serialVersionUID = 1;

  /// What kind of rule a program breaks.
  public enum Reason {
    /// The program's shape: jumps, functions, reserved fields.
    SHAPE,
    /// An instruction that no path reaches.
    UNREACHABLE,
    /// A loop that does not end.
    INFINITE_LOOP,
    /// More instructions, states or frames than the kernel looks at.
    TOO_COMPLEX,
    /// A register is read that was not written.
    UNINITIALIZED,
    /// Memory outside an object, or through something that is no pointer to memory.
    ACCESS,
    /// A context or socket field at an offset or width it does not have.
    FIELD,
    /// Memory that may not be written, or not read.
    PERMISSION,
    /// An access that is not aligned.
    ALIGNMENT,
    /// A pointer that may be null.
    MAYBE_NULL,
    /// Arithmetic or a comparison that has no meaning on pointers.
    POINTER_ARITHMETIC,
    /// Arithmetic that is never legal: division by 0, a shift beyond the width.
    ARITHMETIC,
    /// A helper that the program type, the licence or the place does not allow.
    HELPER,
    /// An argument that is not what the helper or function needs.
    ARGUMENT,
    /// A map that does not go with the helper or the program.
    MAP,
    /// A reference that is not released, or released twice.
    REFERENCE,
    /// A lock that is not released, or something that a lock forbids.
    LOCK,
    /// A return value the program type does not allow.
    RETURN,
    /// The stack of a chain of calls.
    STACK
  }

  private final String program;
  private final int pc;
  private final Reason reason;
  private final Errno errno;
  private final String rule;
  private final String log;

  /// @param place what goes in front of the rule: program, instruction, line
  /// @param log the walk in the kernel's log format, or empty
  public VerifierException(
      String program, int pc, Reason reason, Errno errno, String place, String rule, String log) {
    super(place + ": " + rule);
    this.program = program;
    this.pc = pc;
    this.reason = reason;
    this.errno = errno;
    this.rule = rule;
    this.log = log;
  }

  public String program() {
    return program;
  }

  public int pc() {
    return pc;
  }

  public Reason reason() {
    return reason;
  }

  /// What the system call would have failed with.
  public Errno errno() {
    return errno;
  }

  /// The rule that is broken, as the kernel words it.
  public String rule() {
    return rule;
  }

  public String log() {
    return log;
  }
}
