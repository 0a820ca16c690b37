package io.bpf4j.map;

import io.bpf4j.mem.Memory;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/// Off-heap blocks of 1 to 64 cells of one size. Memory is taken in chunks as it is needed and
/// stays what it is: a cell of one block is at all times a cell of some block, or zeros.
final class LpmBlocks {
  private static final int LARGEST = 64;

  /// Chunks double from the first size to the last.
  private static final int FIRST_CHUNK = 1 << 12;

  private static final int LAST_CHUNK = 1 << 22;

  /// Block sizes that are handed out, in cells.
  private static final int[] SIZES = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

  private static final int[] CLASS = new int[LARGEST + 1];

  static {
    for (int count = 1, size = 0; count <= LARGEST; count++) {
      size = SIZES[size] < count ? size + 1 : size;
      CLASS[count] = size;
    }
  }

  private final String map;
  private final int cell;
  private final Runnable reuse;
  private final List<MapMemory> chunks = new ArrayList<>();
  private final LongQueue[] free = new LongQueue[SIZES.length];
  private long next;
  private long end;
  private int chunk = FIRST_CHUNK;

  /// @param cell bytes of a cell
  /// @param reuse called before a block is used again
  LpmBlocks(String map, int cell, Runnable reuse) {
    this.map = map;
    this.cell = cell;
    this.reuse = reuse;
    for (int i = 0; i < free.length; i++) {
      free[i] = new LongQueue();
    }
  }

  /// A block with room for `count` cells, whatever is in them.
  ///
  /// @throws io.bpf4j.error.ErrnoException ENOMEM
  long take(int count) {
    int size = CLASS[count];
    if (!free[size].isEmpty()) {
      reuse.run();
      return free[size].take();
    }
    long bytes = (long) SIZES[size] * cell;
    if (end - next < bytes) {
      // A reader that is late may count cells of one block from the start of another: what is
      // behind
      // a chunk's last block is part of it.
      MapMemory memory = MapMemory.allocate(map, chunk + LARGEST * (long) cell, 1);
      chunks.add(memory);
      next = memory.address();
      end = next + chunk;
      chunk = Math.min(2 * chunk, LAST_CHUNK);
    }
    long block = next;
    next += bytes;
    return block;
  }

  /// Gives a block back; a null address is none.
  void give(long block, int count) {
    if (block != 0) {
      free[CLASS[count]].add(block);
    }
  }

  /// Bytes of all chunks.
  long bytes() {
    return chunks.stream().mapToLong(MapMemory::bytes).sum();
  }

  /// Makes what was written before visible, and then this.
  static void publish(long address, long block) {
    VarHandle.releaseFence();
    Memory.putLong(address, block);
  }

  /// Makes what was written before visible, and then this.
  static void publish(long address, int value) {
    VarHandle.releaseFence();
    Memory.putInt(address, value);
  }
}
