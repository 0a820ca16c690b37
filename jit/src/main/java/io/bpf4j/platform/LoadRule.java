package io.bpf4j.platform;

import io.bpf4j.mem.Memory;

/// How a legal load of a context or socket field is answered: by reading other bytes, or fewer,
/// than the program asked for. Most rules read exactly what was asked.
///
/// @param offset where to read, from the start of the struct
/// @param bytes how many bytes to read: 1, 2, 4 or 8
/// @param signed whether to sign-extend what was read to 64 bits (before the load's own extension)
public record LoadRule(int offset, int bytes, boolean signed) {
  /// Answers a load from the struct at `base`; `width` and `signExtend` are the load's own.
  public long load(long base, int width, boolean signExtend) {
    long value = Memory.load(base + offset, bytes);
    if (signed) {
      value = signExtend(value, bytes);
    }
    return signExtend ? signExtend(value, width) : value;
  }

  private static long signExtend(long value, int bytes) {
    int shift = 64 - 8 * bytes;
    return value << shift >> shift;
  }
}
