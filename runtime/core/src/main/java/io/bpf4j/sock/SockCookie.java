package io.bpf4j.sock;

/// What SO_COOKIE answers: a number that no other socket of the world has or had, at least 1. A
/// socket gets it when it is first asked for.
public record SockCookie(long value) {
  public SockCookie {
    if (value < 1) {
      throw new IllegalArgumentException("cookie " + value);
    }
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
