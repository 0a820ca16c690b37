package io.bpf4j.sim.trace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Numbers in byte arrays. The caller has made sure that they lie inside.
final class Bytes {
  private static final VarHandle BE16 = view(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle BE32 = view(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle BE64 = view(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LE32 = view(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Bytes() {}

  private static VarHandle view(Class<?> type, ByteOrder order) {
    return MethodHandles.byteArrayViewVarHandle(type, order);
  }

  static int u8(byte[] bytes, int at) {
    return bytes[at] & 0xff;
  }

  static int u16be(byte[] bytes, int at) {
    return (short) BE16.get(bytes, at) & 0xffff;
  }

  static int u32be(byte[] bytes, int at) {
    return (int) BE32.get(bytes, at);
  }

  static int u32le(byte[] bytes, int at) {
    return (int) LE32.get(bytes, at);
  }

  static long s64be(byte[] bytes, int at) {
    return (long) BE64.get(bytes, at);
  }
}
