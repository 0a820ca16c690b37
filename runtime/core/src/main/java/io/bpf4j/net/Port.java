package io.bpf4j.net;

/// A port number in host order; 0 is no port.
public record Port(int number) {
  private static final int MAX = 0xffff;

  public Port {
    if (number < 0 || number > MAX) {
      throw new IllegalArgumentException("port " + number + " is not in 0 to " + MAX);
    }
  }

  @Override
  public String toString() {
    return Integer.toString(number);
  }
}
