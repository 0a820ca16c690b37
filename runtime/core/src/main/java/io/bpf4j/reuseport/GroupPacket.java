package io.bpf4j.reuseport;

import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Packet;
import io.bpf4j.mem.Region;
import io.bpf4j.net.Family;
import io.bpf4j.sock.Probe;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/// The bytes of a packet as the programs of a reuseport group see them, made from its tuple: link,
/// network and transport header, and a payload if one was given. TCP is a SYN without options. What
/// a tuple does not say (checksums, numbers, hardware addresses) is 0. One a CPU slot.
///
/// ```
/// | Ethernet 14 | IPv4 20, IPv6 40 | TCP 20, UDP 8 | payload |
///                                  ^ transport()             ^ end()
/// ```
public final class GroupPacket {
  private static final int ETHERNET = 14;
  private static final int IPV4 = 20;
  private static final int IPV6 = 40;
  private static final int TCP = 20;
  private static final int UDP = 8;

  /// Where the transport header is in the buffer: behind the longest headers, aligned.
  private static final int TRANSPORT = 64;

  private static final int ETH_P_IP = 0x0800;
  private static final int ETH_P_IPV6 = 0x86dd;
  private static final int TTL = 64;

  private Arena arena = Arena.ofAuto();
  private byte[] payload = {};
  private long transport;
  private Region tcpRegion;
  private Region udpRegion;
  private boolean tcp;
  private boolean v4;
  private boolean fromPayload;

  /// The packet in each form it can have: by transport, network, and where offset 0 is.
  private final Packet[] views = new Packet[8];

  public GroupPacket() {
    this.transport = arena.allocate(TRANSPORT + TCP, Long.BYTES).address() + TRANSPORT;
    this.tcpRegion = region(TCP);
    this.udpRegion = region(UDP);
    look();
  }

  private Region region(int header) {
    return Region.single(
        Region.Kind.MEM, "the packet", transport, (long) header + payload.length, false);
  }

  /// Sets what the packets from now on carry behind their transport header.
  public void payload(byte[] bytes) {
    if (bytes.length == 0 && payload.length == 0) {
      return;
    }
    payload = bytes.clone();
    arena = Arena.ofAuto();
    transport =
        arena.allocate((long) TRANSPORT + TCP + payload.length, Long.BYTES).address() + TRANSPORT;
    tcpRegion = region(TCP);
    udpRegion = region(UDP);
    look();
  }

  private void look() {
    for (int i = 0; i < views.length; i++) {
      int header = (i & 1) != 0 ? TCP : UDP;
      int network = (i & 2) != 0 ? IPV4 : IPV6;
      int data = ETHERNET + network + ((i & 4) != 0 ? header : 0);
      views[i] =
          new Packet(
              transport - network - ETHERNET,
              ETHERNET + network + header + payload.length,
              data,
              ETHERNET);
    }
  }

  /// The packet that was written last, as packet loads and helpers see it.
  public Packet view() {
    return views[(tcp ? 1 : 0) | (v4 ? 2 : 0) | (fromPayload ? 4 : 0)];
  }

  /// Writes a packet.
  ///
  /// @param fromPayload whether offset 0 is behind the transport header, as it is to filters
  public void write(Probe p, boolean fromPayload) {
    this.fromPayload = fromPayload;
    tcp = p.tcp();
    v4 = p.family == Family.INET.number();
    writeTransport(p);
    if (v4) {
      writeIpv4(p);
    } else {
      writeIpv6(p);
    }
    long link = link();
    Memory.putLong(link, 0);
    Memory.putInt(link + 8, 0);
    Memory.putShort(link + 12, (short) etherType());
    if (payload.length > 0) {
      Memory.putBytes(transport + headerLength(), payload);
    }
  }

  private void writeTransport(Probe p) {
    Memory.putShort(transport, networkOrder(p.sport));
    Memory.putShort(transport + 2, networkOrder(p.dport));
    if (tcp) {
      Memory.putLong(transport + 4, 0);
      // Data offset 5 words, SYN; then the window.
      Memory.putInt(transport + 12, 0xffff_0250);
      Memory.putInt(transport + 16, 0);
    } else {
      Memory.putInt(transport + 4, Short.toUnsignedInt(networkOrder(length())));
    }
  }

  private void writeIpv4(Probe p) {
    long at = transport - IPV4;
    Memory.putShort(at, (short) 0x45);
    Memory.putShort(at + 2, networkOrder(IPV4 + length()));
    Memory.putInt(at + 4, 0);
    Memory.putInt(at + 8, TTL | p.protocol << 8);
    Memory.putInt(at + 12, Integer.reverseBytes((int) p.srcLo));
    Memory.putInt(at + 16, Integer.reverseBytes((int) p.dstLo));
  }

  private void writeIpv6(Probe p) {
    long at = transport - IPV6;
    Memory.putInt(at, 0x60);
    Memory.putShort(at + 4, networkOrder(length()));
    Memory.putShort(at + 6, (short) (p.protocol | TTL << 8));
    Memory.putLong(at + 8, Long.reverseBytes(p.srcHi));
    Memory.putLong(at + 16, Long.reverseBytes(p.srcLo));
    Memory.putLong(at + 24, Long.reverseBytes(p.dstHi));
    Memory.putLong(at + 32, Long.reverseBytes(p.dstLo));
  }

  private static short networkOrder(int number) {
    return Short.reverseBytes((short) number);
  }

  /// The memory that programs may read through `data`, or null when the address is not in it.
  public @Nullable Region regionOf(long address) {
    Region region = tcp ? tcpRegion : udpRegion;
    return region.contains(address) ? region : null;
  }

  /// The address of the link header.
  public long link() {
    return network() - ETHERNET;
  }

  /// The address of the network header.
  public long network() {
    return transport - (v4 ? IPV4 : IPV6);
  }

  /// The address of the transport header.
  public long transport() {
    return transport;
  }

  /// The address that offset 0 means.
  public long data() {
    return fromPayload ? transport + headerLength() : transport;
  }

  /// The address behind the last byte.
  public long end() {
    return transport + length();
  }

  /// Bytes of the transport header.
  public int headerLength() {
    return tcp ? TCP : UDP;
  }

  public int payloadLength() {
    return payload.length;
  }

  /// Bytes from the transport header on.
  public int length() {
    return headerLength() + payload.length;
  }

  /// The Ethernet protocol in network order.
  public int etherType() {
    return Short.toUnsignedInt(networkOrder(v4 ? ETH_P_IP : ETH_P_IPV6));
  }
}
