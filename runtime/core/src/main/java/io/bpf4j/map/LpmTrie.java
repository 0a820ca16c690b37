package io.bpf4j.map;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Memory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// An off-heap trie of bit strings with lookups that never block: the structure of
/// kernel/bpf/lpm_trie.c, and an [LpmIndex] of the same prefixes for lookups of whole keys, which
/// are nearly all.
///
/// Each node stands for a prefix, and its children for longer ones that begin with it and go on
/// with a 0 or a 1; chains without branches are left out. A node without a value (*intermediate*)
/// has two children. Nodes and values live in areas of their own, allocated once:
///
/// ```
/// node   0 prefix length | 4 value + 1, or 0 | 8 child 0 | 12 child 1 | 16 data ...
/// ```
///
/// References are numbers, 0 for none; node 0 is no prefix, its child 0 is the root. Data is kept
/// as 8-byte words whose most significant bit comes first in the prefix, so that a comparison is
/// one exclusive or and one count of leading zeros.
///
/// **Writers** hold the owner's lock. They complete a node or value and then publish it by one
/// store of the reference. What they unlink keeps its content until it is used again, the longest
/// unlinked first; before that happens [#reuses] is incremented.
///
/// **Readers** take no lock: if the number has not changed when they are done, everything they read
/// was part of the trie at some time during the lookup; else they look again.
final class LpmTrie {
  private static final VarHandle REUSES;

  static {
    try {
      REUSES = MethodHandles.lookup().findVarHandle(LpmTrie.class, "reuses", int.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("LpmTrie.reuses", e);
    }
  }

  private static final int VALUE = 4;
  private static final int CHILD = 8;
  private static final int DATA = 16;
  private static final int CACHE_LINE = 64;

  /// Values beyond the capacity, so that a replaced one is not used again at once; fewer of them
  /// where values are large.
  private static final int SPARE_VALUES = 64;

  private static final int FEW_SPARE_VALUES = 4;
  private static final int LARGE_VALUE = 4096;

  /// The link that holds the root.
  private static final int ROOT = 0;

  private final int dataSize;
  private final int maxPrefix;
  private final int words;
  private final MapMemory nodeMemory;
  private final MapMemory valueMemory;
  private final long nodes;
  private final long nodeStride;
  private final long valuesLessOne;
  private final int valueShift;

  private final IntQueue freeNodes = new IntQueue();
  private final IntQueue freeValues = new IntQueue();
  private int untouchedNode = 1;
  private int untouchedValue = 1;
  private int reuses;

  /// What lookups of all bits use, or null where data is too long for it.
  private final @Nullable LpmIndex index;

  /// The data of the key a writer works with.
  private final long[] key;

  private final long[] indexKey = new long[LpmIndex.MAX_DATA / Long.BYTES];

  /// @param dataSize bytes of a full prefix
  /// @param capacity values it can hold
  LpmTrie(String map, int dataSize, int valueSize, long capacity) {
    this.dataSize = dataSize;
    this.maxPrefix = dataSize * 8;
    this.words = (dataSize + 7) / 8;
    this.key = new long[words];
    long used = DATA + (long) words * Long.BYTES;
    this.nodeStride =
        used <= CACHE_LINE ? MapMemory.stride(used) : used + CACHE_LINE - 1 & -CACHE_LINE;
    long stride = MapMemory.stride(valueSize);
    int spares = stride > LARGE_VALUE ? FEW_SPARE_VALUES : SPARE_VALUES;
    this.nodeMemory = MapMemory.allocate(map, 2 * capacity + 1, nodeStride);
    this.valueMemory = MapMemory.allocate(map, capacity + spares, stride);
    this.nodes = nodeMemory.address();
    this.valuesLessOne = valueMemory.address() - stride;
    this.valueShift = Long.numberOfTrailingZeros(stride);
    this.index = dataSize <= LpmIndex.MAX_DATA ? new LpmIndex(map, this::announceReuse) : null;
  }

  long values() {
    return valueMemory.address();
  }

  long valuesBytes() {
    return valueMemory.bytes();
  }

  long valueStride() {
    return 1L << valueShift;
  }

  int maxPrefix() {
    return maxPrefix;
  }

  /// The value of the longest prefix of `length` bits at `data` that is in the trie, or 0.
  long longest(int length, long data) {
    return length == maxPrefix && index != null ? longest(index, data) : walk(length, data);
  }

  /// [#longest] for all bits: by the index.
  private long longest(LpmIndex from, long data) {
    for (; ; ) {
      int before = (int) REUSES.getAcquire(this);
      int found =
          switch (words) {
            case 1 -> from.find(first(data, dataSize));
            case 2 -> from.find(first(data, 8), first(data + 8, dataSize - 8));
            default ->
                from.find(first(data, 8), first(data + 8, 8), first(data + 16, dataSize - 16));
          };
      VarHandle.acquireFence();
      if (reuses == before) {
        return value(found);
      }
    }
  }

  /// [#longest] for any number of bits, node after node.
  private long walk(int length, long data) {
    for (; ; ) {
      int before = (int) REUSES.getAcquire(this);
      int found = 0;
      int last = -1;
      int node = Memory.getInt(nodes + CHILD);
      while (node != 0) {
        long at = nodes + node * nodeStride;
        int prefix = Memory.getInt(at);
        if (prefix > length || prefix <= last || !agrees(at + DATA, data, prefix)) {
          break;
        }
        int value = Memory.getInt(at + VALUE);
        found = value != 0 ? value : found;
        if (prefix == length) {
          break;
        }
        last = prefix;
        int bit = Memory.getByte(data + (prefix >>> 3)) >>> (7 - (prefix & 7)) & 1;
        node = Memory.getInt(at + CHILD + ((long) bit << 2));
      }
      VarHandle.acquireFence();
      if (reuses == before) {
        return value(found);
      }
    }
  }

  /// Whether a node's data and a key's begin with the same `bits` bits.
  private boolean agrees(long nodeData, long keyData, int bits) {
    for (int i = 0; i * 64 < bits; i++) {
      long word = first(keyData + i * 8L, Math.min(8, dataSize - i * 8));
      int same = Long.numberOfLeadingZeros(Memory.getLong(nodeData + i * 8L) ^ word);
      if (same < Math.min(64, bits - i * 64)) {
        return false;
      }
    }
    return true;
  }

  private long value(int reference) {
    return reference == 0 ? 0 : valuesLessOne + ((long) reference << valueShift);
  }

  /// Up to 8 bytes as a word whose most significant bit is the first bit of the first byte.
  private static long first(long address, int bytes) {
    return switch (bytes) {
      case 8 -> Long.reverseBytes(Memory.getLong(address));
      case 4 -> (long) Integer.reverseBytes(Memory.getInt(address)) << 32;
      default -> Long.reverseBytes(Words.tail(address, bytes));
    };
  }

  // What follows is for the holder of the owner's lock.

  /// What [#locate] found: the link that leads to the node (a node and which child), and how many
  /// bits node and key have in common.
  private int parent;

  private int side;
  private int common;

  /// The node where the walk along a key ends: the first that is not a proper prefix of it, or 0.
  private int locate(int length, long data) {
    for (int i = 0; i < words; i++) {
      key[i] = first(data + i * 8L, Math.min(8, dataSize - i * 8));
    }
    parent = ROOT;
    side = 0;
    for (int node = child(ROOT, 0); node != 0; node = child(parent, side)) {
      int prefix = prefix(node);
      common = Math.min(common(node), Math.min(prefix, length));
      if (common != prefix || prefix == length) {
        return node;
      }
      parent = node;
      side = bit(key[prefix >>> 6], prefix);
    }
    return 0;
  }

  /// The node of exactly this prefix, or 0.
  private int exact(int length, long data) {
    int node = locate(length, data);
    return node != 0 && prefix(node) == length && common == length && reference(node) != 0
        ? node
        : 0;
  }

  private int common(int node) {
    for (int i = 0; i < words; i++) {
      long difference = Memory.getLong(at(node) + DATA + i * 8L) ^ key[i];
      if (difference != 0) {
        return i * 64 + Long.numberOfLeadingZeros(difference);
      }
    }
    return words * 64;
  }

  /// Whether the trie has exactly this prefix.
  boolean contains(int length, long data) {
    return exact(length, data) != 0;
  }

  /// Adds a prefix or replaces its value; the caller has checked that there is room.
  ///
  /// @throws io.bpf4j.error.ErrnoException ENOMEM; nothing has changed then
  void put(int length, long data, long value, int valueSize) {
    int node = locate(length, data);
    int reference = takeValue();
    Words.copy(value, value(reference), valueSize);
    if (index != null) {
      try {
        index.put(length, indexKey(), reference);
      } catch (ErrnoException e) {
        freeValues.add(reference);
        throw e;
      }
    }
    if (node != 0 && common == prefix(node)) {
      int old = reference(node);
      // The bits beyond the prefix are part of what a dump shows.
      writeData(node);
      publish(at(node) + VALUE, reference);
      if (old != 0) {
        freeValues.add(old);
      }
      return;
    }
    int fresh = takeNode(length, reference);
    writeData(fresh);
    int top = fresh;
    if (node != 0 && common == length) {
      setChild(fresh, bit(Memory.getLong(at(node) + DATA + (common >>> 6) * 8L), common), node);
    } else if (node != 0) {
      top = takeNode(common, 0);
      Words.copy(at(node) + DATA, at(top) + DATA, words * 8L);
      int way = bit(key[common >>> 6], common);
      setChild(top, way, fresh);
      setChild(top, 1 - way, node);
    }
    publish(at(parent) + CHILD + side * 4L, top);
  }

  /// Removes exactly this prefix; false when it is not there.
  ///
  /// @throws io.bpf4j.error.ErrnoException ENOMEM; nothing has changed then
  boolean remove(int length, long data) {
    int node = exact(length, data);
    if (node == 0) {
      return false;
    }
    if (index != null) {
      index.remove(length, indexKey());
    }
    freeValues.add(reference(node));
    int zero = child(node, 0);
    int one = child(node, 1);
    if (zero != 0 && one != 0) {
      publish(at(node) + VALUE, 0);
      return true;
    }
    if (zero == 0 && one == 0 && parent != ROOT && reference(parent) == 0) {
      // An intermediate node with one child left goes too.
      int above = parent;
      int sibling = child(above, 1 - side);
      linkTo(above);
      publish(at(parent) + CHILD + side * 4L, sibling);
      freeNodes.add(above);
    } else {
      publish(at(parent) + CHILD + side * 4L, zero != 0 ? zero : one);
    }
    freeNodes.add(node);
    return true;
  }

  /// The current key as the index takes it.
  private long[] indexKey() {
    System.arraycopy(key, 0, indexKey, 0, words);
    return indexKey;
  }

  /// Finds the link that leads to a node on the path of the current key.
  private void linkTo(int target) {
    parent = ROOT;
    side = 0;
    for (int node = child(ROOT, 0); node != target; node = child(parent, side)) {
      parent = node;
      side = bit(key[prefix(node) >>> 6], prefix(node));
    }
  }

  /// Hands out all nodes with a value, children first, the side of 0 before the side of 1.
  void forEach(IntConsumer visitor) {
    visit(child(ROOT, 0), visitor);
  }

  private void visit(int node, IntConsumer visitor) {
    if (node != 0) {
      visit(child(node, 0), visitor);
      visit(child(node, 1), visitor);
      if (reference(node) != 0) {
        visitor.accept(node);
      }
    }
  }

  /// The node after that of a prefix in the order of [#forEach], the first for a prefix that is not
  /// there, or 0 after the last (trie_get_next_key).
  int after(int length, long data) {
    int node = exact(length, data);
    if (node == 0) {
      return first();
    }
    while (node != child(ROOT, 0)) {
      linkTo(node);
      int sibling = side == 0 ? child(parent, 1) : 0;
      if (sibling != 0) {
        return leftmost(sibling);
      }
      node = parent;
      if (reference(node) != 0) {
        return node;
      }
    }
    return 0;
  }

  /// The first node in the order of [#forEach], or 0.
  int first() {
    return leftmost(child(ROOT, 0));
  }

  private int leftmost(int from) {
    int found = from;
    while (found != 0 && (child(found, 0) != 0 || child(found, 1) != 0)) {
      found = child(found, 0) != 0 ? child(found, 0) : child(found, 1);
    }
    return found;
  }

  /// The length of a node's prefix.
  int prefix(int node) {
    return Memory.getInt(at(node));
  }

  /// The data of a node, as it was given.
  byte[] data(int node) {
    byte[] data = new byte[dataSize];
    for (int i = 0; i < dataSize; i++) {
      data[i] = (byte) (Memory.getLong(at(node) + DATA + (i >>> 3) * 8L) >>> (56 - (i & 7) * 8));
    }
    return data;
  }

  /// The address of a node's value.
  long valueOf(int node) {
    return value(reference(node));
  }

  private int takeNode(int prefix, int reference) {
    int node;
    if (freeNodes.isEmpty()) {
      node = untouchedNode++;
    } else {
      node = freeNodes.take();
      announceReuse();
    }
    Memory.putInt(at(node), prefix);
    Memory.putInt(at(node) + VALUE, reference);
    setChild(node, 0, 0);
    setChild(node, 1, 0);
    return node;
  }

  private int takeValue() {
    // Replaced values wait behind those never used, so that an address somebody holds stays good.
    if (freeValues.isEmpty() || untouchedValue * valueStride() < valuesBytes()) {
      return untouchedValue++;
    }
    int reference = freeValues.take();
    announceReuse();
    return reference;
  }

  private void announceReuse() {
    REUSES.setRelease(this, reuses + 1);
    VarHandle.storeStoreFence();
  }

  private static void publish(long address, int reference) {
    VarHandle.releaseFence();
    Memory.putInt(address, reference);
  }

  private void writeData(int node) {
    for (int i = 0; i < words; i++) {
      Memory.putLong(at(node) + DATA + i * 8L, key[i]);
    }
  }

  private long at(int node) {
    return nodes + node * nodeStride;
  }

  private int reference(int node) {
    return Memory.getInt(at(node) + VALUE);
  }

  private int child(int node, int which) {
    return Memory.getInt(at(node) + CHILD + which * 4L);
  }

  private void setChild(int node, int which, int child) {
    Memory.putInt(at(node) + CHILD + which * 4L, child);
  }

  private static int bit(long word, int position) {
    return (int) (word >>> (63 - (position & 63))) & 1;
  }
}
