package io.bpf4j.sock;

/// Why a socket cannot take a packet in a scan.
public enum Ineligible {
  OTHER_PORT("is bound to another port"),
  NOT_LISTENING("does not listen"),
  OTHER_ADDRESS("is bound to another address"),
  V6ONLY("takes IPv6 packets only"),
  INET("takes IPv4 packets only"),
  OTHER_DEVICE("is bound to another interface"),
  OTHER_PEER("is connected to another peer");

  private static final Ineligible[] ALL = values();

  private final String reason;

  Ineligible(String reason) {
    this.reason = reason;
  }

  /// Completes a sentence that starts with the socket.
  public String reason() {
    return reason;
  }

  /// The score that says so: a negative number.
  int score() {
    return -1 - ordinal();
  }

  /// The reason in a negative score.
  public static Ineligible ofScore(int score) {
    return ALL[-1 - score];
  }
}
