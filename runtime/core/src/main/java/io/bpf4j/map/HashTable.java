package io.bpf4j.map;

import io.bpf4j.mem.Memory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An off-heap hash table of fixed capacity with lookups that never block and values that never
/// move.
///
/// Keys and values stand in *cells*, allocated once. The *index* maps hashes to cells: open
/// addressing with linear probing, at most half full. A slot is one aligned word, so that it is
/// read and replaced as a whole:
///
/// ```
/// index slot   63 ........ 32 31 ........ 0        cell   0 ........ valueSize ... keyOffset ...
///              |    tag     |  cell + 1   |               |  value  |   padding   |    key    |
/// ```
///
/// The tag is the key itself when it has at most 4 bytes, which settles the comparison; else it is
/// the hash, and the cell's key is compared. A slot of zero is empty.
///
/// **Writers** hold the owner's lock. A new element is written to a free cell and then published by
/// one store of its slot; an update writes a cell that was set aside and swaps it in, so that a
/// value is never seen half written and a program that holds the old value's address keeps reading
/// old bytes until the cell is used again (kernel/bpf/hashtab.c does the same with `extra_elems`).
/// A removal closes the gap by moving later slots of the probe sequence back, so that there are no
/// tombstones to accumulate.
///
/// **Readers** take no lock. A key that stays in the table is missed only when its slot moves from
/// ahead of the reader to behind it. Before a moved slot's old place is overwritten, [#moves] is
/// incremented; a reader that found nothing looks whether the number is still the one it began
/// with, and looks again if not. What was found is confirmed by reading the slot once more after
/// its key was compared: the cell was that key's then.
final class HashTable {
  private static final VarHandle MOVES;

  static {
    try {
      MOVES = MethodHandles.lookup().findVarHandle(HashTable.class, "moves", int.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("HashTable.moves", e);
    }
  }

  /// Odd numbers with no pattern: the digits of the golden ratio and of the square root of two.
  private static final long FACTOR_LOW = 0x9e37_79b9_7f4a_7c15L;

  private static final long FACTOR_HIGH = 0x6a09_e667_f3bc_c909L;

  /// No slot, no cell.
  static final int NONE = -1;

  private final int keySize;
  private final int valueSize;
  private final boolean tagIsKey;
  private final long capacity;
  private final MapMemory indexMemory;
  private final MapMemory cellMemory;
  private final long index;
  private final long mask;

  /// Where cell −1 would be, as slots hold a cell's number plus one.
  private final long cellsLessOne;

  private final int cellShift;
  private final int keyOffset;

  private long count;
  private int untouched;
  private int firstFree = NONE;
  private int moves;

  /// @param capacity elements it can hold
  /// @param spares further cells, for [#takeCell]
  HashTable(String map, int keySize, int valueSize, long capacity, int spares) {
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.tagIsKey = keySize <= 4;
    this.capacity = capacity;
    long slots = Math.max(4, Long.highestOneBit(2 * capacity - 1) << 1);
    this.keyOffset = (int) MapMemory.roundUp8(valueSize);
    long stride = MapMemory.stride(keyOffset + MapMemory.roundUp8(keySize));
    this.indexMemory = MapMemory.allocate(map, slots, Long.BYTES);
    this.cellMemory = MapMemory.allocate(map, capacity + spares, stride);
    this.index = indexMemory.address();
    this.mask = slots - 1;
    this.cellsLessOne = cellMemory.address() - stride;
    this.cellShift = Long.numberOfTrailingZeros(stride);
  }

  long cells() {
    return cellMemory.address();
  }

  long cellsBytes() {
    return cellMemory.bytes();
  }

  long stride() {
    return 1L << cellShift;
  }

  boolean full() {
    return count == capacity;
  }

  /// The value of a key of at most 4 bytes, given as a number; 0 when absent.
  long findSmall(int key) {
    for (; ; ) {
      int before = (int) MOVES.getAcquire(this);
      long slot = Words.mix(Integer.toUnsignedLong(key)) & mask;
      long word;
      while ((word = Memory.getLong(index + (slot << 3))) != 0) {
        if ((int) (word >>> 32) == key) {
          VarHandle.acquireFence();
          return address(word);
        }
        slot = slot + 1 & mask;
      }
      VarHandle.acquireFence();
      if (moves == before) {
        return 0;
      }
    }
  }

  /// The value of an 8-byte key; 0 when absent.
  long find8(long key) {
    int tag = hash8(key);
    for (; ; ) {
      int before = (int) MOVES.getAcquire(this);
      long slot = tag & mask;
      long word;
      while ((word = Memory.getLong(index + (slot << 3))) != 0) {
        if ((int) (word >>> 32) == tag && Memory.getLong(address(word) + keyOffset) == key) {
          VarHandle.acquireFence();
          if (Memory.getLong(index + (slot << 3)) == word) {
            return address(word);
          }
          break;
        }
        slot = slot + 1 & mask;
      }
      VarHandle.acquireFence();
      if (word == 0 && moves == before) {
        return 0;
      }
    }
  }

  /// The value of a 16-byte key, given as its two halves; 0 when absent.
  long find16(long low, long high) {
    int tag = hash16(low, high);
    for (; ; ) {
      int before = (int) MOVES.getAcquire(this);
      long slot = tag & mask;
      long word;
      while ((word = Memory.getLong(index + (slot << 3))) != 0) {
        if ((int) (word >>> 32) == tag) {
          long at = address(word) + keyOffset;
          if (Memory.getLong(at) == low && Memory.getLong(at + 8) == high) {
            VarHandle.acquireFence();
            if (Memory.getLong(index + (slot << 3)) == word) {
              return address(word);
            }
            break;
          }
        }
        slot = slot + 1 & mask;
      }
      VarHandle.acquireFence();
      if (word == 0 && moves == before) {
        return 0;
      }
    }
  }

  /// The value of a key of more than 4 bytes; 0 when absent.
  long findLong(long key) {
    int tag = Words.hash(key, keySize);
    for (; ; ) {
      int before = (int) MOVES.getAcquire(this);
      long slot = tag & mask;
      long word;
      while ((word = Memory.getLong(index + (slot << 3))) != 0) {
        if ((int) (word >>> 32) == tag && Words.equal(address(word) + keyOffset, key, keySize)) {
          VarHandle.acquireFence();
          if (Memory.getLong(index + (slot << 3)) == word) {
            return address(word);
          }
          break;
        }
        slot = slot + 1 & mask;
      }
      VarHandle.acquireFence();
      if (word == 0 && moves == before) {
        return 0;
      }
    }
  }

  /// The value of a key of any size; 0 when absent.
  long find(long key) {
    return switch (keySize) {
      case 1, 2, 3, 4 -> findSmall(tag(key));
      case 8 -> find8(Memory.getLong(key));
      case 16 -> find16(Memory.getLong(key), Memory.getLong(key + 8));
      default -> findLong(key);
    };
  }

  private static int hash8(long key) {
    return (int) Words.mix(key);
  }

  private static int hash16(long low, long high) {
    // Two multiplications side by side, not one after the other as in Words.hash.
    long sum = (low ^ low >>> 32) * FACTOR_LOW + (high ^ high >>> 32) * FACTOR_HIGH;
    return (int) (sum ^ sum >>> 32);
  }

  private int tag(long key) {
    return switch (keySize) {
      case 1, 2, 3 -> (int) Words.tail(key, keySize);
      case 4 -> Memory.getInt(key);
      case 8 -> hash8(Memory.getLong(key));
      case 16 -> hash16(Memory.getLong(key), Memory.getLong(key + 8));
      default -> Words.hash(key, keySize);
    };
  }

  private long home(int tag) {
    return (tagIsKey ? Words.mix(Integer.toUnsignedLong(tag)) : tag) & mask;
  }

  private long address(long word) {
    return cellsLessOne + ((word & 0xffff_ffffL) << cellShift);
  }

  private long word(long slot) {
    return Memory.getLong(index + (slot << 3));
  }

  private void publish(long slot, int tag, int cell) {
    VarHandle.releaseFence();
    Memory.putLong(index + (slot << 3), (long) tag << 32 | cell + 1);
  }

  // What follows is for the holder of the owner's lock.

  /// The slot of a key, or [#NONE].
  long slotOf(long key) {
    int tag = tag(key);
    for (long slot = home(tag); ; slot = slot + 1 & mask) {
      long word = word(slot);
      if (word == 0) {
        return NONE;
      }
      if ((int) (word >>> 32) == tag
          && (tagIsKey || Words.equal(address(word) + keyOffset, key, keySize))) {
        return slot;
      }
    }
  }

  /// The address of the value whose slot this is.
  long valueAt(long slot) {
    return address(word(slot));
  }

  /// A cell that no slot refers to. There is one as long as the table is not full; before that,
  /// also for spares.
  int takeCell() {
    int cell = firstFree;
    if (cell == NONE) {
      return untouched++;
    }
    firstFree = Memory.getInt(address(cell + 1) + keyOffset) - 1;
    return cell;
  }

  /// Fills a free cell.
  private void fill(int cell, long key, long value) {
    long address = address(cell + 1);
    Words.copy(value, address, valueSize);
    Words.copy(key, address + keyOffset, keySize);
  }

  /// Adds a key that is absent to a table that is not full.
  void insert(long key, long value) {
    int cell = takeCell();
    fill(cell, key, value);
    int tag = tag(key);
    long slot = home(tag);
    while (word(slot) != 0) {
      slot = slot + 1 & mask;
    }
    publish(slot, tag, cell);
    count++;
  }

  /// Puts a spare cell with a new value in the place of a slot's cell, and returns the old one as
  /// the next spare.
  int replace(long slot, int spare, long key, long value) {
    long word = word(slot);
    fill(spare, key, value);
    publish(slot, (int) (word >>> 32), spare);
    return (int) word - 1;
  }

  /// Removes the element of a slot. Its value keeps its bytes until the cell is used again.
  void remove(long slot) {
    int cell = (int) word(slot) - 1;
    long gap = slot;
    boolean moved = false;
    for (long next = gap + 1 & mask; word(next) != 0; next = next + 1 & mask) {
      long word = word(next);
      long home = home((int) (word >>> 32));
      if ((next - home & mask) >= (next - gap & mask)) {
        overwrite(gap, word, moved);
        gap = next;
        moved = true;
      }
    }
    overwrite(gap, 0, moved);
    // The link stands where the key was: the value may still be in somebody's hands.
    Memory.putInt(address(cell + 1) + keyOffset, firstFree + 1);
    firstFree = cell;
    count--;
  }

  private void overwrite(long slot, long word, boolean wasMoved) {
    if (wasMoved) {
      // The copy first, then the number, then the old place.
      MOVES.setRelease(this, moves + 1);
      VarHandle.storeStoreFence();
    }
    VarHandle.releaseFence();
    Memory.putLong(index + (slot << 3), word);
  }

  /// The first key after `key` in the order of home slot and then bytes, or after nothing for null;
  /// null after the last. The order depends on nothing but the keys, so that a walk that updates
  /// and deletes on its way meets every other key once.
  byte @Nullable [] keyAfter(byte @Nullable [] key, long keyAddress) {
    long home = key == null ? 0 : home(tag(keyAddress));
    for (byte[] candidate : keysOf(home)) {
      if (key == null || Arrays.compareUnsigned(candidate, key) > 0) {
        return candidate;
      }
    }
    for (long h = home + 1; h <= mask; h++) {
      List<byte[]> keys = keysOf(h);
      if (!keys.isEmpty()) {
        return keys.getFirst();
      }
    }
    return null;
  }

  /// The slots of all elements in the order of [#keyAfter].
  List<byte[]> keys() {
    List<byte[]> all = new ArrayList<>();
    for (long home = 0; home <= mask; home++) {
      all.addAll(keysOf(home));
    }
    return all;
  }

  private List<byte[]> keysOf(long home) {
    List<byte[]> keys = List.of();
    for (long slot = home; word(slot) != 0; slot = slot + 1 & mask) {
      long word = word(slot);
      if (home((int) (word >>> 32)) == home) {
        if (keys.isEmpty()) {
          keys = new ArrayList<>();
        }
        keys.add(Memory.bytes(address(word) + keyOffset, keySize));
      }
    }
    if (keys.size() > 1) {
      keys.sort(Arrays::compareUnsigned);
    }
    return keys;
  }
}
