package io.bpf4j.mem;

/// A packet as the packet loads of classic BPF see it (net/core/filter.c, bpf_skb_load_helper_8 and
/// its siblings): bytes in memory, and where in them the data starts and the network header is. The
/// link layer's header is at the start. What was pulled off, as a socket filter's Ethernet header,
/// lies before the data.
///
/// @param start address of the first byte; whoever makes a packet keeps the memory alive
/// @param length bytes from there to the packet's end
/// @param data where the data starts, from the start
/// @param network where the network header is, from the start
public record Packet(long start, int length, int data, int network) {
  /// What a load beyond the packet answers.
  public static final long MISS = -1;

  /// Offsets from here on up to −1 count from the network header (`SKF_NET_OFF`). The ancillary
  /// values of classic programs (`SKF_AD_OFF`) lie there too, which no packet is long enough for.
  private static final int NET_OFF = -0x100000;

  /// Offsets from here on up to [#NET_OFF] count from the link layer's header (`SKF_LL_OFF`).
  private static final int LL_OFF = -0x200000;

  /// Loads a number in network order.
  ///
  /// @param offset from the data, or below 0 as above
  /// @param size 1, 2 or 4 bytes
  /// @return the number, or [#MISS] when a byte of it is not there
  public long load(int offset, int size) {
    long at;
    if (offset >= 0) {
      at = (long) data + offset;
    } else if (offset >= NET_OFF) {
      at = (long) network + offset - NET_OFF;
    } else if (offset >= LL_OFF) {
      at = (long) offset - LL_OFF;
    } else {
      return MISS;
    }
    if (at > length - size) {
      return MISS;
    }
    return Long.reverseBytes(Memory.load(start + at, size)) >>> (Long.SIZE - Byte.SIZE * size);
  }
}
