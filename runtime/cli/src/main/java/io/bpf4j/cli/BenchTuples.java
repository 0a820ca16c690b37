package io.bpf4j.cli;

import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.sklookup.SkLookupCtx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Contexts of random packets in the form BPF_PROG_TEST_RUN takes: half of them IPv6, half of them
/// UDP, from any client of a documentation prefix to 256 addresses of another, each port as often
/// as any other.
final class BenchTuples {
  /// How many: more than branch predictors learn. A power of two, so that the loop need not divide.
  static final int COUNT = 1 << 16;

  private static final long CLIENT_PREFIX = 0x2001_0db8_000c_0000L;
  private static final long LOCAL_PREFIX = 0x2001_0db8_0100_0000L;
  private static final int CLIENT_NET = 0xcb00_7100;
  private static final int LOCAL_NET = 0xc633_6400;

  private BenchTuples() {}

  static List<byte[]> random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<byte[]> contexts = new ArrayList<>(COUNT);
    for (int i = 0; i < COUNT; i++) {
      contexts.add(context(random));
    }
    return contexts;
  }

  private static byte[] context(SplittableRandom random) {
    boolean v6 = random.nextBoolean();
    Protocol protocol = random.nextBoolean() ? Protocol.UDP : Protocol.TCP;
    ByteBuffer ctx = ByteBuffer.allocate(SkLookupCtx.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    ctx.putInt(SkLookupCtx.FAMILY, (v6 ? Family.INET6 : Family.INET).number());
    ctx.putInt(SkLookupCtx.PROTOCOL, protocol.number());
    ctx.putShort(
        SkLookupCtx.REMOTE_PORT, Short.reverseBytes((short) random.nextInt(1024, 1 << 16)));
    ctx.putInt(SkLookupCtx.LOCAL_PORT, random.nextInt(1, 1 << 16));
    int local = random.nextInt(256);
    if (v6) {
      address(ctx, SkLookupCtx.REMOTE_IP6, CLIENT_PREFIX, random.nextLong());
      address(ctx, SkLookupCtx.LOCAL_IP6, LOCAL_PREFIX, local);
    } else {
      int client = CLIENT_NET | random.nextInt(256);
      ctx.putInt(SkLookupCtx.REMOTE_IP4, Integer.reverseBytes(client));
      ctx.putInt(SkLookupCtx.LOCAL_IP4, Integer.reverseBytes(LOCAL_NET | local));
    }
    return ctx.array();
  }

  private static void address(ByteBuffer ctx, int at, long hi, long lo) {
    ctx.putLong(at, Long.reverseBytes(hi)).putLong(at + Long.BYTES, Long.reverseBytes(lo));
  }

  /// The contexts, repeated until there are a power of two of them.
  static List<byte[]> powerOfTwo(List<byte[]> contexts) {
    int count = Integer.highestOneBit(Math.max(1, contexts.size() * 2 - 1));
    List<byte[]> out = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      out.add(contexts.get(i % contexts.size()));
    }
    return out;
  }
}
