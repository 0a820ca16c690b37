package io.bpf4j.sim.trace;

import org.jspecify.annotations.Nullable;

/// One TCP or UDP packet: the outermost IP header and the ports behind it. A source hands out one
/// such object and refills it for each packet; whoever wants to keep values copies them.
///
/// Addresses are two longs in host order, as in `io.bpf4j.net.IpAddr`: an IPv4 address is the low
/// 32 bits of `lo`, and `hi` is 0.
public final class Packet {
  /// `protocol` of TCP and UDP (IANA protocol numbers).
  public static final int TCP = 6;

  public static final int UDP = 17;

  /// `family` of IPv4 and IPv6 (AF_INET, AF_INET6 of Linux).
  public static final int INET = 2;

  public static final int INET6 = 10;

  /// Bits of `tcpFlags` (RFC 9293 section 3.1).
  public static final int FIN = 0x01;

  public static final int SYN = 0x02;
  public static final int RST = 0x04;
  public static final int PSH = 0x08;
  public static final int ACK = 0x10;

  /// `tcpFlags` when the capture was cut off before them, or a CSV trace does not tell.
  public static final int NO_FLAGS = -1;

  long frame;
  long timeNanos;
  int interfaceId;
  @Nullable String interfaceName;
  int ifindex;
  Direction direction = Direction.UNKNOWN;
  int protocol;
  int family;
  long srcHi;
  long srcLo;
  long dstHi;
  long dstLo;
  int sport;
  int dport;
  int tcpFlags;
  int ipLength;

  /// Where the packet would end in the reader's buffer, had it been captured whole.
  int wireEnd;

  Packet() {}

  /// Which way a packet went at the interface it was captured at.
  public enum Direction {
    /// The capture does not tell, as those of a single Ethernet interface do not.
    UNKNOWN,
    /// It came in for this host, by unicast, broadcast or multicast.
    INCOMING,
    /// It went by, addressed to another host's link layer address.
    OTHER_HOST,
    /// This host sent it, so it is no packet that this host looks up a socket for.
    OUTGOING
  }

  /// Number of the frame in its trace, from 1, those passed over counted too.
  public long frame() {
    return frame;
  }

  /// Nanoseconds since 1970-01-01 UTC, or 0 when the trace does not tell.
  public long timeNanos() {
    return timeNanos;
  }

  /// Number of the interface in the capture, from 0.
  public int interfaceId() {
    return interfaceId;
  }

  public @Nullable String interfaceName() {
    return interfaceName;
  }

  /// The kernel's index of the ingress interface where the trace has it (SLL2, CSV), else 0.
  public int ifindex() {
    return ifindex;
  }

  public Direction direction() {
    return direction;
  }

  /// [#TCP] or [#UDP].
  public int protocol() {
    return protocol;
  }

  /// [#INET] or [#INET6].
  public int family() {
    return family;
  }

  public long srcHi() {
    return srcHi;
  }

  public long srcLo() {
    return srcLo;
  }

  public long dstHi() {
    return dstHi;
  }

  public long dstLo() {
    return dstLo;
  }

  public int sport() {
    return sport;
  }

  public int dport() {
    return dport;
  }

  /// The low byte of the TCP flags, 0 for UDP, [#NO_FLAGS] when unknown.
  public int tcpFlags() {
    return tcpFlags;
  }

  /// Length of the IP packet with its header in bytes, as its header tells; where the header leaves
  /// it to the hardware (0, segmentation offload), as the capture tells.
  public int ipLength() {
    return ipLength;
  }
}
