package io.bpf4j.map;

import io.bpf4j.mem.Memory;

/// Copies, comparisons and hashes of keys and values, in words of 8 bytes and a tail: keys and
/// values are short, and bulk operations have a price at their start.
final class Words {
  private static final int BULK = 256;
  private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private Words() {}

  /// Copies `length` bytes between places that do not overlap or are the same.
  static void copy(long from, long to, long length) {
    if (length > BULK) {
      Memory.copy(from, to, length);
      return;
    }
    int i = 0;
    int n = (int) length;
    for (; i <= n - 8; i += 8) {
      Memory.putLong(to + i, Memory.getLong(from + i));
    }
    if ((n & 4) != 0) {
      Memory.putInt(to + i, Memory.getInt(from + i));
      i += 4;
    }
    if ((n & 2) != 0) {
      Memory.putShort(to + i, Memory.getShort(from + i));
      i += 2;
    }
    if ((n & 1) != 0) {
      Memory.putByte(to + i, Memory.getByte(from + i));
    }
  }

  /// Whether `length` bytes at both places are the same.
  static boolean equal(long a, long b, int length) {
    int i = 0;
    for (; i <= length - 8; i += 8) {
      if (Memory.getLong(a + i) != Memory.getLong(b + i)) {
        return false;
      }
    }
    return i == length || tail(a + i, length - i) == tail(b + i, length - i);
  }

  /// A 32-bit hash of `length` bytes.
  static int hash(long key, int length) {
    long h = length;
    int i = 0;
    for (; i <= length - 8; i += 8) {
      h = mix(h ^ Memory.getLong(key + i));
    }
    return (int) (i == length ? h : mix(h ^ tail(key + i, length - i)));
  }

  /// Spreads all bits over all bits. Folded before and after the multiplication: keys whose low
  /// bits are all zero (masked addresses) would otherwise meet in few places.
  static long mix(long x) {
    long folded = (x ^ x >>> 32) * GOLDEN;
    return folded ^ folded >>> 32;
  }

  /// 1 to 7 bytes as a number.
  static long tail(long address, int length) {
    long value = 0;
    int shift = 0;
    long at = address;
    if ((length & 4) != 0) {
      value = Integer.toUnsignedLong(Memory.getInt(at));
      shift = 32;
      at += 4;
    }
    if ((length & 2) != 0) {
      value |= Short.toUnsignedLong(Memory.getShort(at)) << shift;
      shift += 16;
      at += 2;
    }
    if ((length & 1) != 0) {
      value |= Byte.toUnsignedLong(Memory.getByte(at)) << shift;
    }
    return value;
  }
}
