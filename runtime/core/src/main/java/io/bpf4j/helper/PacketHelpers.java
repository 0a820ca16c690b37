package io.bpf4j.helper;

import static io.bpf4j.platform.ArgType.ANY;
import static io.bpf4j.platform.ArgType.CTX;
import static io.bpf4j.platform.ArgType.MEM_OUT;
import static io.bpf4j.platform.ArgType.SIZE;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Packet;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import java.lang.invoke.MethodHandles;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Helpers that read the packet (net/core/filter.c).
public final class PacketHelpers {
  public static final int SKB_LOAD_BYTES = 26;
  public static final int SKB_LOAD_BYTES_RELATIVE = 68;

  private static final int MAX_RELATIVE = 0xffff;
  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

  /// Rows 26 and 68.
  public static final List<Helper> ROWS =
      List.of(
          Helper.of(
              SKB_LOAD_BYTES,
              HelperNames.nameOf(SKB_LOAD_BYTES),
              List.of(CTX, ANY, MEM_OUT, SIZE),
              RetType.INTEGER,
              FamilyMethod.find(HERE, "loadBytes")),
          Helper.of(
              SKB_LOAD_BYTES_RELATIVE,
              HelperNames.nameOf(SKB_LOAD_BYTES_RELATIVE),
              List.of(CTX, ANY, MEM_OUT, SIZE, ANY),
              RetType.INTEGER,
              FamilyMethod.find(HERE, "loadBytesRelative")));

  private PacketHelpers() {}

  /// `long bpf_skb_load_bytes(ctx, offset, to, len)`: 0, or −EFAULT with `to` zeroed when the
  /// packet has no such bytes. Offset 0 is the transport header to sk_reuseport, the payload to a
  /// filter.
  static long loadBytes(Cpu cpu, long ctx, long offset, long to, long len, long r5) {
    Packet packet = cpu.packet();
    long at =
        packet == null || (int) offset < 0 ? 0 : packet.start() + packet.data() + (int) offset;
    return copy(packet, at, to, (int) len);
  }

  /// `long bpf_skb_load_bytes_relative(ctx, offset, to, len, start_header)`: as [#loadBytes], from
  /// the link header (0) or the network header (1).
  static long loadBytesRelative(Cpu cpu, long ctx, long offset, long to, long len, long header) {
    Packet packet = cpu.packet();
    long at = 0;
    if (packet != null && Integer.compareUnsigned((int) offset, MAX_RELATIVE) <= 0) {
      at =
          switch ((int) header) {
            case 0 -> packet.start() + (int) offset;
            case 1 -> packet.start() + packet.network() + (int) offset;
            default -> 0;
          };
    }
    return copy(packet, at, to, (int) len);
  }

  /// @param at where to read, or 0 for nowhere
  private static long copy(@Nullable Packet packet, long at, long to, int len) {
    boolean fits = packet != null && at != 0 && at + len <= packet.start() + packet.length();
    for (int i = 0; i < len; i++) {
      Memory.putByte(to + i, fits ? Memory.getByte(at + i) : 0);
    }
    return fits ? 0 : Errno.EFAULT.negated();
  }
}
