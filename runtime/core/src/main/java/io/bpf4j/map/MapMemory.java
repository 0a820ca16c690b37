package io.bpf4j.map;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Off-heap memory of one map: zeroed, committed at once, freed when nothing refers to this object
/// any more. What exceeds the JVM's limit (`-XX:MaxDirectMemorySize`, by default the maximal heap)
/// is ENOMEM, as the kernel's answer to a map it cannot allocate.
final class MapMemory {
  private static final int CACHE_LINE = 64;

  private final MemorySegment segment;

  private MapMemory(MemorySegment segment) {
    this.segment = segment;
  }

  /// Allocates `count` cells of `stride` bytes, aligned to a cache line.
  ///
  /// @throws ErrnoException ENOMEM
  static MapMemory allocate(String map, long count, long stride) {
    try {
      long bytes = Math.multiplyExact(count, stride);
      return new MapMemory(Arena.ofAuto().allocate(bytes, CACHE_LINE));
    } catch (ArithmeticException | IllegalArgumentException | OutOfMemoryError e) {
      throw new ErrnoException(
          Errno.ENOMEM,
          "map '" + map + "' create",
          "%d cells of %d bytes exceed the JVM's direct memory".formatted(count, stride));
    }
  }

  long address() {
    return segment.address();
  }

  long bytes() {
    return segment.byteSize();
  }

  /// The smallest power of two that is at least `size` and at least 8.
  static long stride(long size) {
    return size <= 8 ? 8 : Long.highestOneBit(size - 1) << 1;
  }

  /// `size` rounded up to a multiple of 8.
  static long roundUp8(long size) {
    return size + 7 & ~7L;
  }
}
