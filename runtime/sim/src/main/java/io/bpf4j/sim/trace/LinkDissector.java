package io.bpf4j.sim.trace;

import static io.bpf4j.sim.trace.Bytes.u16be;
import static io.bpf4j.sim.trace.Bytes.u32be;
import static io.bpf4j.sim.trace.Bytes.u8;

import io.bpf4j.sim.trace.Packet.Direction;
import org.jspecify.annotations.Nullable;

/// From the link layer header of a captured frame to its IP header.
///
/// Every method answers null when the packet is filled, else the reason why it is none. `end` is
/// the end of what was captured; a header that would cross it is [SkipReason#TRUNCATED].
final class LinkDissector {
  private static final int TYPE_IPV4 = 0x0800;
  private static final int TYPE_IPV6 = 0x86dd;
  private static final int TYPE_VLAN = 0x8100;
  private static final int TYPE_VLAN_SERVICE = 0x88a8;
  private static final int TYPE_VLAN_OLD = 0x9100;
  private static final int TYPE_MPLS = 0x8847;
  private static final int TYPE_MPLS_MULTICAST = 0x8848;
  private static final int TYPE_PPPOE_SESSION = 0x8864;

  /// Below this the field is the length of an 802.3 frame (IEEE 802.3 clause 3.2.6).
  private static final int FIRST_TYPE = 0x0600;

  /// In the protocol field of Linux cooked headers: 802.2 LLC follows (linux/if_ether.h).
  private static final int COOKED_LLC = 0x0004;

  private static final int ARPHRD_NETLINK = 824;

  private LinkDissector() {}

  static @Nullable SkipReason dissect(int linkType, byte[] bytes, int at, int end, Packet packet) {
    packet.ifindex = 0;
    packet.direction = Direction.UNKNOWN;
    return switch (linkType) {
      case LinkType.ETHERNET ->
          end - at < 14
              ? SkipReason.TRUNCATED
              : etherType(u16be(bytes, at + 12), bytes, at + 14, end, packet);
      case LinkType.LINUX_SLL -> cooked(bytes, at, end, packet);
      case LinkType.LINUX_SLL2 -> cookedV2(bytes, at, end, packet);
      case LinkType.NULL, LinkType.LOOP -> loopback(bytes, at, end, packet);
      case LinkType.RAW, LinkType.DLT_RAW, LinkType.DLT_RAW_OPENBSD ->
          rawIp(bytes, at, end, packet);
      case LinkType.IPV4 -> IpDissector.ipv4(bytes, at, end, packet);
      case LinkType.IPV6 -> IpDissector.ipv6(bytes, at, end, packet);
      case LinkType.PPP -> ppp(bytes, at, end, packet);
      default -> SkipReason.UNSUPPORTED_LINK_TYPE;
    };
  }

  /// What follows an EtherType: IP, tags before it (any number of 802.1Q and 802.1ad), PPPoE, MPLS.
  private static @Nullable SkipReason etherType(
      int firstType, byte[] bytes, int from, int end, Packet packet) {
    int type = firstType;
    int at = from;
    while (true) {
      switch (type) {
        case TYPE_IPV4:
          return IpDissector.ipv4(bytes, at, end, packet);
        case TYPE_IPV6:
          return IpDissector.ipv6(bytes, at, end, packet);
        case TYPE_VLAN, TYPE_VLAN_SERVICE, TYPE_VLAN_OLD:
          if (end - at < 4) {
            return SkipReason.TRUNCATED;
          }
          type = u16be(bytes, at + 2);
          at += 4;
          break;
        case TYPE_MPLS, TYPE_MPLS_MULTICAST:
          return mpls(bytes, at, end, packet);
        case TYPE_PPPOE_SESSION:
          return end - at < 6 ? SkipReason.TRUNCATED : ppp(bytes, at + 6, end, packet);
        default:
          return type < FIRST_TYPE ? llc(bytes, at, end, packet) : SkipReason.NOT_IP;
      }
    }
  }

  /// 802.2 with a SNAP header of Ethernet types: AA AA 03, OUI 0, type (RFC 1042).
  private static @Nullable SkipReason llc(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 3) {
      return SkipReason.TRUNCATED;
    }
    if (u16be(bytes, at) != 0xaaaa || u8(bytes, at + 2) != 0x03) {
      return SkipReason.NOT_IP;
    }
    if (end - at < 8) {
      return SkipReason.TRUNCATED;
    }
    int type = u16be(bytes, at + 6);
    boolean ethernetTypes = u16be(bytes, at + 3) == 0 && u8(bytes, at + 5) == 0;
    return ethernetTypes && type >= FIRST_TYPE
        ? etherType(type, bytes, at + 8, end, packet)
        : SkipReason.NOT_IP;
  }

  /// A stack of 4-byte labels whose last has the bottom bit (RFC 3032); what follows tells by its
  /// first nibble, as nothing else does.
  private static @Nullable SkipReason mpls(byte[] bytes, int from, int end, Packet packet) {
    int at = from;
    boolean bottom = false;
    while (!bottom) {
      if (end - at < 4) {
        return SkipReason.TRUNCATED;
      }
      bottom = (bytes[at + 2] & 1) != 0;
      at += 4;
    }
    return rawIp(bytes, at, end, packet);
  }

  /// PPP with or without address and control bytes, protocol in one byte or two (RFC 1661).
  private static @Nullable SkipReason ppp(byte[] bytes, int from, int end, Packet packet) {
    int at = from;
    if (end - at >= 2 && u16be(bytes, at) == 0xff03) {
      at += 2;
    }
    if (end - at < 2) {
      return SkipReason.TRUNCATED;
    }
    int protocol = u8(bytes, at);
    if ((protocol & 1) != 0) {
      at += 1;
    } else {
      protocol = u16be(bytes, at);
      at += 2;
    }
    return switch (protocol) {
      case 0x21 -> IpDissector.ipv4(bytes, at, end, packet);
      case 0x57 -> IpDissector.ipv6(bytes, at, end, packet);
      default -> SkipReason.NOT_IP;
    };
  }

  /// ```
  ///  0            2         4           6                14         16
  ///  | packet type | ARPHRD_ | addr. len. | link address ... | protocol |
  /// ```
  private static @Nullable SkipReason cooked(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 16) {
      return SkipReason.TRUNCATED;
    }
    packet.direction = cookedDirection(u16be(bytes, at));
    return cookedProtocol(u16be(bytes, at + 2), u16be(bytes, at + 14), bytes, at + 16, end, packet);
  }

  /// ```
  ///  0          2    4         8         10            11           12              20
  ///  | protocol | 0 | ifindex | ARPHRD_ | packet type | addr. len. | link address ... |
  /// ```
  private static @Nullable SkipReason cookedV2(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 20) {
      return SkipReason.TRUNCATED;
    }
    packet.ifindex = u32be(bytes, at + 4);
    packet.direction = cookedDirection(u8(bytes, at + 10));
    return cookedProtocol(u16be(bytes, at + 8), u16be(bytes, at), bytes, at + 20, end, packet);
  }

  private static @Nullable SkipReason cookedProtocol(
      int hardware, int protocol, byte[] bytes, int at, int end, Packet packet) {
    if (hardware == ARPHRD_NETLINK) {
      return SkipReason.NOT_IP;
    }
    if (protocol < FIRST_TYPE) {
      return protocol == COOKED_LLC ? llc(bytes, at, end, packet) : SkipReason.NOT_IP;
    }
    return etherType(protocol, bytes, at, end, packet);
  }

  /// PACKET_HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING of linux/if_packet.h.
  static Direction cookedDirection(int packetType) {
    return switch (packetType) {
      case 0, 1, 2 -> Direction.INCOMING;
      case 3 -> Direction.OTHER_HOST;
      case 4 -> Direction.OUTGOING;
      default -> Direction.UNKNOWN;
    };
  }

  /// Four bytes of address family, in the byte order of whoever captured: families are small, so
  /// the end with zeros tells. AF_INET6 differs from system to system.
  private static @Nullable SkipReason loopback(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 4) {
      return SkipReason.TRUNCATED;
    }
    int family = u32be(bytes, at);
    if ((family & 0xffff0000) != 0) {
      family = Integer.reverseBytes(family);
    }
    return switch (family) {
      case 2 -> IpDissector.ipv4(bytes, at + 4, end, packet);
      // Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS
      case 10, 23, 24, 28, 30 -> IpDissector.ipv6(bytes, at + 4, end, packet);
      default -> SkipReason.NOT_IP;
    };
  }

  private static @Nullable SkipReason rawIp(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 1) {
      return SkipReason.TRUNCATED;
    }
    return switch (u8(bytes, at) >> 4) {
      case 4 -> IpDissector.ipv4(bytes, at, end, packet);
      case 6 -> IpDissector.ipv6(bytes, at, end, packet);
      default -> SkipReason.NOT_IP;
    };
  }
}
