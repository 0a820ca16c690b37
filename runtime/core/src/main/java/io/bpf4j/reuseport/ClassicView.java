package io.bpf4j.reuseport;

import io.bpf4j.cbpf.Ancillary;
import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.cbpf.ClassicPacket;
import io.bpf4j.mem.Memory;
import io.bpf4j.sock.Probe;

/// A group's packet as classic filters see it: offset 0 is behind the transport header
/// (net/core/filter.c bpf_skb_load_helper_8 and its like). One a CPU slot.
public final class ClassicView implements ClassicPacket {
  private static final int SKF_NET_OFF = -0x100000;
  private static final int SKF_LL_OFF = -0x200000;
  private static final int ARPHRD_ETHER = 1;
  private static final int ARPHRD_LOOPBACK = 772;
  private static final int LOOPBACK_IFINDEX = 1;
  private static final int WORDS = 16;

  private final GroupPacket packet;
  private final int[] memory = new int[WORDS];
  private int cpu;
  private int iif;
  private Randoms randoms = () -> 0;

  /// Where SKF_AD_RANDOM takes its numbers from.
  @FunctionalInterface
  public interface Randoms {
    int nextRandom();
  }

  public ClassicView(GroupPacket packet) {
    this.packet = packet;
  }

  /// Runs a filter on the packet, which was written.
  public int run(ClassicFilter filter, Randoms randoms, Probe p) {
    this.randoms = randoms;
    this.cpu = p.cpu;
    this.iif = p.iif;
    return filter.run(this, memory);
  }

  @Override
  public int length() {
    return packet.payloadLength();
  }

  @Override
  public long load(int offset, int bytes) {
    long at;
    if (offset >= 0) {
      at = packet.data() + offset;
    } else if (offset >= SKF_NET_OFF) {
      at = packet.network() + (offset - SKF_NET_OFF);
    } else if (offset >= SKF_LL_OFF) {
      at = packet.link() + (offset - SKF_LL_OFF);
    } else {
      return OUTSIDE;
    }
    if (at + bytes > packet.end()) {
      return OUTSIDE;
    }
    return switch (bytes) {
      case 1 -> Byte.toUnsignedLong(Memory.getByte(at));
      case Short.BYTES -> Short.toUnsignedLong(Short.reverseBytes(Memory.getShort(at)));
      default -> Integer.toUnsignedLong(Integer.reverseBytes(Memory.getInt(at)));
    };
  }

  /// What a simulated packet has not (mark, queue, hash, VLAN) is 0.
  @Override
  public long ancillary(Ancillary field) {
    return switch (field) {
      case PROTOCOL -> Short.toUnsignedLong(Short.reverseBytes((short) packet.etherType()));
      case IFINDEX -> Integer.toUnsignedLong(iif);
      case HATYPE -> iif == LOOPBACK_IFINDEX ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
      case CPU -> cpu;
      case RANDOM -> Integer.toUnsignedLong(randoms.nextRandom());
      default -> 0;
    };
  }
}
