package io.bpf4j.cli;

/// Arguments that make no sense together: exit code 2 and this one line.
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
