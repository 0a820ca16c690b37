package io.bpf4j.sim.trace;

/// The link types that are read, by their LINKTYPE_ numbers (tcpdump.org/linktypes.html).
final class LinkType {
  static final int NULL = 0;
  static final int ETHERNET = 1;
  static final int PPP = 9;

  /// Raw IP where a file holds the DLT_ number of its host instead of LINKTYPE_RAW.
  static final int DLT_RAW = 12;

  static final int DLT_RAW_OPENBSD = 14;
  static final int RAW = 101;
  static final int LOOP = 108;
  static final int LINUX_SLL = 113;
  static final int IPV4 = 228;
  static final int IPV6 = 229;
  static final int LINUX_SLL2 = 276;

  private LinkType() {}

  static String name(int linkType) {
    return switch (linkType) {
      case NULL -> "BSD loopback";
      case ETHERNET -> "Ethernet";
      case PPP -> "PPP";
      case DLT_RAW, DLT_RAW_OPENBSD, RAW -> "raw IP";
      case LOOP -> "OpenBSD loopback";
      case LINUX_SLL -> "Linux cooked (SLL)";
      case IPV4 -> "raw IPv4";
      case IPV6 -> "raw IPv6";
      case LINUX_SLL2 -> "Linux cooked v2 (SLL2)";
      default -> "link type " + linkType;
    };
  }

  static boolean isRead(int linkType) {
    return switch (linkType) {
      case NULL,
          ETHERNET,
          PPP,
          DLT_RAW,
          DLT_RAW_OPENBSD,
          RAW,
          LOOP,
          LINUX_SLL,
          IPV4,
          IPV6,
          LINUX_SLL2 ->
          true;
      default -> false;
    };
  }
}
