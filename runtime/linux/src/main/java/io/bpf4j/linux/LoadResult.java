package io.bpf4j.linux;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;

/// The kernel's answer to a program: taken or refused, with the verifier's log.
public sealed interface LoadResult {
  /// What the verifier wrote; may be empty.
  String log();

  /// The program is in the kernel; whoever gets it closes it.
  record Loaded(KernelProg prog, String log) implements LoadResult {}

  /// The kernel does not take it.
  ///
  /// @param refusal errno, call, attributes and the verifier's reason, in one line
  record Refused(ErrnoException refusal, String log) implements LoadResult {
    public Errno errno() {
      return refusal.errno();
    }
  }
}
