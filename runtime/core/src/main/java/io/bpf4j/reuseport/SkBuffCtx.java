package io.bpf4j.reuseport;

import io.bpf4j.mem.Memory;
import io.bpf4j.sock.Probe;

/// Writes the context of a group's socket filter, `struct __sk_buff` (uapi/linux/bpf.h; `protocol`
/// in network order, the rest in host order): it starts behind the transport header, `len` is that
/// of the payload. What may be read is in [io.bpf4j.packet.PacketTypes].
public final class SkBuffCtx {
  public static final int LEN = 0;
  public static final int PROTOCOL = 16;
  public static final int INGRESS_IFINDEX = 36;
  public static final int IFINDEX = 40;

  /// sizeof(struct __sk_buff).
  public static final int SIZE = 192;

  private SkBuffCtx() {}

  /// Writes a packet. What a simulated packet has not (mark, VLAN, hash, queue) is 0.
  public static void write(long ctx, GroupPacket packet, Probe p) {
    for (int at = 0; at < SIZE; at += Long.BYTES) {
      Memory.putLong(ctx + at, 0);
    }
    Memory.putInt(ctx + LEN, packet.payloadLength());
    Memory.putInt(ctx + PROTOCOL, packet.etherType());
    Memory.putInt(ctx + INGRESS_IFINDEX, p.iif);
    Memory.putInt(ctx + IFINDEX, p.iif);
  }
}
