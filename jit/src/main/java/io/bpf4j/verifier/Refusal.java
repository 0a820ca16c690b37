package io.bpf4j.verifier;

import io.bpf4j.error.Errno;
import io.bpf4j.error.VerifierException.Reason;

/// A rule is broken at the instruction being looked at; [Verifier] adds the place. Control flow, so
/// without a stack trace.
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Reason reason;
  private final Errno errno;
  private final int pc;

  private Refusal(Reason reason, Errno errno, int pc, String rule) {
    super(rule, null, false, false);
    this.reason = reason;
    this.errno = errno;
    this.pc = pc;
  }

  static Refusal access(Reason reason, String rule) {
    return new Refusal(reason, Errno.EACCES, -1, rule);
  }

  static Refusal invalid(Reason reason, String rule) {
    return new Refusal(reason, Errno.EINVAL, -1, rule);
  }

  static Refusal with(Reason reason, Errno errno, String rule) {
    return new Refusal(reason, errno, -1, rule);
  }

  static Refusal tooBig(String rule) {
    return new Refusal(Reason.TOO_COMPLEX, Errno.E2BIG, -1, rule);
  }

  /// A rule about the program's shape, at an instruction of its own.
  static Refusal at(int pc, Reason reason, String rule) {
    return new Refusal(reason, Errno.EINVAL, pc, rule);
  }

  Reason reason() {
    return reason;
  }

  Errno errno() {
    return errno;
  }

  /// The instruction, or -1 for the one being walked.
  int pc() {
    return pc;
  }

  String rule() {
    return String.valueOf(getMessage());
  }
}
