package io.bpf4j.error;

/// Everything bpf4j throws on purpose, one final class or sealed family a phase. The message is one
/// line that names the thing, the place and the rule.
public abstract sealed class BpfException extends RuntimeException
    permits ElfFormatException,
        InputException,
        InsnFormatException,
        BindException,
        UnsupportedException,
        VerifierException,
        CodegenException,
        ProgramFault,
        ErrnoException {
  private static final long serialVersionUID = 1;

  BpfException(String message) {
    super(message);
  }

  BpfException(String message, Throwable cause) {
    super(message, cause);
  }
}
