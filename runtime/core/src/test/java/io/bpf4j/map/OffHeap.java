package io.bpf4j.map;

import io.bpf4j.mem.Memory;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Keys and values for tests, on and off the heap.
public final class OffHeap {
  private OffHeap() {}

  /// A copy of the bytes in memory that is never freed.
  public static long of(byte[] bytes) {
    long address = Arena.global().allocate(Math.max(8, bytes.length), 8).address();
    Memory.putBytes(address, bytes);
    return address;
  }

  /// A u32 as bytes.
  public static byte[] u32(int number) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array();
  }

  /// A u64 as bytes.
  public static byte[] u64(long number) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
  }

  /// A key of an LPM trie: prefix length, then data.
  public static byte[] prefix(int length, int... data) {
    ByteBuffer key = ByteBuffer.allocate(4 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    key.putInt(length);
    for (int octet : data) {
      key.put((byte) octet);
    }
    return key.array();
  }
}
