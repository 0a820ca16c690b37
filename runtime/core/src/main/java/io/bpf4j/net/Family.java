package io.bpf4j.net;

/// An address family, by its AF_ number of Linux (bits/socket.h).
public enum Family {
  INET(2),
  INET6(10);

  private final int number;

  Family(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
