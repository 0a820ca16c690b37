package io.bpf4j.sim.trace;

import static io.bpf4j.sim.trace.Bytes.s64be;
import static io.bpf4j.sim.trace.Bytes.u16be;
import static io.bpf4j.sim.trace.Bytes.u32be;
import static io.bpf4j.sim.trace.Bytes.u8;

import org.jspecify.annotations.Nullable;

/// From an IP header to the ports behind it.
///
/// The length in the IP header bounds the packet: what an Ethernet frame has after it is padding or
/// a check sequence. A port beyond that length makes a bad header, one beyond the captured bytes a
/// truncated packet.
final class IpDissector {
  private static final int HOP_BY_HOP = 0;
  private static final int ROUTING = 43;
  private static final int FRAGMENT = 44;
  private static final int AUTHENTICATION = 51;
  private static final int DESTINATION = 60;
  private static final int MOBILITY = 135;
  private static final int HOST_IDENTITY = 139;
  private static final int SHIM6 = 140;

  private IpDissector() {}

  /// RFC 791 section 3.1.
  static @Nullable SkipReason ipv4(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 20) {
      return shortHeader(4, bytes, at, end);
    }
    int first = u8(bytes, at);
    int headerLength = (first & 15) * 4;
    int length = u16be(bytes, at + 2);
    if (first >> 4 != 4 || headerLength < 20) {
      return SkipReason.BAD_HEADER;
    }
    if (length == 0) {
      // Segmentation offload: the hardware would have filled it in.
      length = packet.wireEnd - at;
    }
    if (length < headerLength) {
      return SkipReason.BAD_HEADER;
    }
    if ((u16be(bytes, at + 6) & 0x1fff) != 0) {
      return SkipReason.LATER_FRAGMENT;
    }
    packet.family = Packet.INET;
    packet.ipLength = length;
    packet.srcHi = 0;
    packet.srcLo = Integer.toUnsignedLong(u32be(bytes, at + 12));
    packet.dstHi = 0;
    packet.dstLo = Integer.toUnsignedLong(u32be(bytes, at + 16));
    return payload(u8(bytes, at + 9), bytes, at + headerLength, at + length, end, packet);
  }

  /// RFC 8200 section 3.
  static @Nullable SkipReason ipv6(byte[] bytes, int at, int end, Packet packet) {
    if (end - at < 40) {
      return shortHeader(6, bytes, at, end);
    }
    if (u8(bytes, at) >> 4 != 6) {
      return SkipReason.BAD_HEADER;
    }
    int payloadLength = u16be(bytes, at + 4);
    // A jumbogram (RFC 2675) or segmentation offload leaves it 0.
    int length = payloadLength == 0 ? packet.wireEnd - at : 40 + payloadLength;
    packet.family = Packet.INET6;
    packet.ipLength = length;
    packet.srcHi = s64be(bytes, at + 8);
    packet.srcLo = s64be(bytes, at + 16);
    packet.dstHi = s64be(bytes, at + 24);
    packet.dstLo = s64be(bytes, at + 32);
    return payload(u8(bytes, at + 6), bytes, at + 40, at + length, end, packet);
  }

  /// A header cut off, unless what there is of it already contradicts the version.
  private static SkipReason shortHeader(int version, byte[] bytes, int at, int end) {
    return end > at && u8(bytes, at) >> 4 != version ? SkipReason.BAD_HEADER : SkipReason.TRUNCATED;
  }

  /// Walks extension headers to TCP or UDP. Each is at least 8 bytes long, so the walk ends.
  private static @Nullable SkipReason payload(
      int firstProtocol, byte[] bytes, int from, int ipEnd, int end, Packet packet) {
    int protocol = firstProtocol;
    int at = from;
    while (true) {
      if (protocol == Packet.TCP || protocol == Packet.UDP) {
        return ports(protocol, bytes, at, ipEnd, end, packet);
      }
      boolean extension =
          switch (protocol) {
            case AUTHENTICATION -> true;
            case HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, MOBILITY, HOST_IDENTITY, SHIM6 ->
                packet.family == Packet.INET6;
            default -> false;
          };
      if (!extension) {
        return SkipReason.OTHER_PROTOCOL;
      }
      if (ipEnd - at < 8) {
        return SkipReason.BAD_HEADER;
      }
      if (end - at < 8) {
        return SkipReason.TRUNCATED;
      }
      int length = u8(bytes, at + 1);
      if (protocol == FRAGMENT) {
        if ((u16be(bytes, at + 2) & 0xfff8) != 0) {
          return SkipReason.LATER_FRAGMENT;
        }
        length = 8;
      } else if (protocol == AUTHENTICATION) {
        length = (length + 2) * 4; // RFC 4302 section 2.2: 32-bit words less two
        if (length < 8) {
          return SkipReason.BAD_HEADER;
        }
      } else {
        length = (length + 1) * 8;
      }
      protocol = u8(bytes, at);
      at += length;
    }
  }

  private static @Nullable SkipReason ports(
      int protocol, byte[] bytes, int at, int ipEnd, int end, Packet packet) {
    if (ipEnd - at < 4) {
      return SkipReason.BAD_HEADER;
    }
    if (end - at < 4) {
      return SkipReason.TRUNCATED;
    }
    packet.protocol = protocol;
    packet.sport = u16be(bytes, at);
    packet.dport = u16be(bytes, at + 2);
    if (protocol == Packet.UDP) {
      packet.tcpFlags = 0;
    } else {
      boolean captured = Math.min(ipEnd, end) - at >= 14;
      packet.tcpFlags = captured ? u8(bytes, at + 13) : Packet.NO_FLAGS;
    }
    return null;
  }
}
