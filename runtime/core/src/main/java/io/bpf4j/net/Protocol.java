package io.bpf4j.net;

import java.util.Locale;

/// The transport protocols that sockets are looked up for, with their IANA numbers.
public enum Protocol {
  TCP(6),
  UDP(17);

  private final int number;

  Protocol(int number) {
    this.number = number;
  }

  /// The number in the IP header, and in `bpf_sk_lookup.protocol`.
  public int number() {
    return number;
  }

  /// The protocol with this number.
  ///
  /// @throws IllegalArgumentException when it is neither TCP nor UDP
  public static Protocol of(int number) {
    return switch (number) {
      case 6 -> TCP;
      case 17 -> UDP;
      default -> throw new IllegalArgumentException("protocol " + number + " has no socket lookup");
    };
  }

  /// `tcp` or `udp`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
