package io.bpf4j.error;

/// A system call that failed: a simulated one as the kernel's would, or one of the kernel itself.
public final class ErrnoException extends BpfException {
  private static final long serialVersionUID = 1;

  private final Errno errno;

  /// `call` names what was asked, `why` the rule that refused it.
  public ErrnoException(Errno errno, String call, String why) {
    super(call + ": " + errno + ": " + why);
    this.errno = errno;
  }

  public Errno errno() {
    return errno;
  }
}
