package io.bpf4j.sim.trace;

/// Why a frame is no packet for the socket lookup.
public enum SkipReason {
  NOT_IP("notIp", "neither IPv4 nor IPv6"),
  OTHER_PROTOCOL("otherProtocol", "IP, but neither TCP nor UDP"),
  LATER_FRAGMENT("laterFragment", "a fragment after the first, which has no ports"),
  TRUNCATED("truncated", "cut off before the ports by the snap length"),
  BAD_HEADER("badHeader", "a header that contradicts itself"),
  UNSUPPORTED_LINK_TYPE("unsupportedLinkType", "a link type that is not read"),
  UNKNOWN_INTERFACE("unknownInterface", "an interface that the capture does not describe");

  private final String key;
  private final String meaning;

  SkipReason(String key, String meaning) {
    this.key = key;
    this.meaning = meaning;
  }

  /// The word in JSON output.
  public String key() {
    return key;
  }

  /// The reason in words.
  public String meaning() {
    return meaning;
  }
}
