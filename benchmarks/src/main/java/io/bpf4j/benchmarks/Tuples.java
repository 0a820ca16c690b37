package io.bpf4j.benchmarks;

import io.bpf4j.mem.Memory;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/// Packets to look up, as columns and as contexts: from random clients to the ranges that the
/// samples serve, four in five to a served port, half of them IPv6, half of them UDP.
final class Tuples {
  static final int COUNT = 1 << 16;

  private static final int CTX_BYTES = 72;
  private static final int[] TCP_PORTS = {80, 80, 8000, 8000, 443};
  private static final int[] UDP_PORTS = {53, 53, 53, 53, 9999};

  final int[] family = new int[COUNT];
  final int[] protocol = new int[COUNT];
  final long[] srcHi = new long[COUNT];
  final long[] srcLo = new long[COUNT];
  final int[] sport = new int[COUNT];
  final long[] dstHi = new long[COUNT];
  final long[] dstLo = new long[COUNT];
  final int[] dport = new int[COUNT];

  /// `struct bpf_sk_lookup` records, one after another.
  private final long contexts;

  private final Arena arena = Arena.ofAuto();

  Tuples(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    contexts = arena.allocate((long) COUNT * CTX_BYTES, 64).address();
    for (int i = 0; i < COUNT; i++) {
      boolean v6 = random.nextBoolean();
      boolean udp = random.nextBoolean();
      int[] ports = udp ? UDP_PORTS : TCP_PORTS;
      family[i] = v6 ? 10 : 2;
      protocol[i] = udp ? 17 : 6;
      sport[i] = random.nextInt(1024, 65536);
      dport[i] = ports[random.nextInt(ports.length)];
      srcHi[i] = v6 ? 0x2001_0db8_000c_0000L : 0;
      srcLo[i] = v6 ? random.nextLong() : 0xcb00_7100L | random.nextInt(256);
      dstHi[i] = v6 ? 0x2001_0db8_0100_0000L : 0;
      dstLo[i] = v6 ? random.nextInt(256) : 0xc633_6400L | random.nextInt(256);
      write(i, contexts + (long) i * CTX_BYTES);
    }
  }

  /// The context of a packet as the runtime writes it (uapi struct bpf_sk_lookup).
  private void write(int i, long ctx) {
    Memory.zero(ctx, CTX_BYTES);
    Memory.putInt(ctx + 8, family[i]);
    Memory.putInt(ctx + 12, protocol[i]);
    Memory.putShort(ctx + 36, Short.reverseBytes((short) sport[i]));
    Memory.putInt(ctx + 60, dport[i]);
    Memory.putInt(ctx + 64, 2);
    if (family[i] == 2) {
      Memory.putInt(ctx + 16, Integer.reverseBytes((int) srcLo[i]));
      Memory.putInt(ctx + 40, Integer.reverseBytes((int) dstLo[i]));
    } else {
      Memory.putLong(ctx + 20, Long.reverseBytes(srcHi[i]));
      Memory.putLong(ctx + 28, Long.reverseBytes(srcLo[i]));
      Memory.putLong(ctx + 44, Long.reverseBytes(dstHi[i]));
      Memory.putLong(ctx + 52, Long.reverseBytes(dstLo[i]));
    }
  }

  /// Copies the context of a packet to where a program reads it.
  void load(int i, long ctx) {
    long from = contexts + (long) i * CTX_BYTES;
    for (int at = 0; at < CTX_BYTES; at += Long.BYTES) {
      Memory.putLong(ctx + at, Memory.getLong(from + at));
    }
  }
}
