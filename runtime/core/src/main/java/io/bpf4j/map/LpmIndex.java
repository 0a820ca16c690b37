package io.bpf4j.map;

import io.bpf4j.mem.Memory;

/// What lookups of whole keys read instead of the binary trie: nodes that look at six bits at a
/// time and leave out what has no branches. A hundred thousand prefixes are three or four nodes
/// deep, not seventeen.
///
/// A node stands for the first `pos` bits of its data, a multiple of six. It holds the prefixes
/// that are up to five bits longer, and its children are told apart by the next six bits (the tree
/// bitmap of Eatherton, Varghese and Dittia, with paths compressed):
///
/// ```
/// node  0 own prefixes, a bit each | 8 children, a bit each | 16 block of children | 24 block of values
///      32 pos | 40 data, three words
/// own prefix number (1 << length beyond pos) | those bits; 1 to 63, longer ones higher
/// ```
///
/// The children of a node are one block of nodes, and its values one block of numbers, both in the
/// order of their bits; a count of bits gives the place of one.
///
/// **Writers** hold the map's lock. They never change a node that readers can see but for one
/// aligned store: a block of children, or the number of a value. So a change copies the node with
/// its siblings, changes the copy, and stores its address into their parent: readers see all of it
/// or nothing. Blocks that were replaced are used again for blocks of their kind only, so that a
/// reader that is late finds nodes where it looks for nodes; that they were not the right ones it
/// learns from the trie's number of reuses.
final class LpmIndex {
  /// The most data it can tell apart, in bytes.
  static final int MAX_DATA = 24;

  private static final int STRIDE = 6;
  private static final int OWN = 0;
  private static final int CHILDREN = 8;
  private static final int CHILD_BLOCK = 16;
  private static final int VALUE_BLOCK = 24;
  private static final int POS = 32;
  private static final int DATA = 40;
  private static final int NODE_SHIFT = 6;
  private static final int NODE = 1 << NODE_SHIFT;
  private static final int DEEPEST = MAX_DATA * 8 / STRIDE + 2;

  /// For six bits, the numbers of all prefixes of them that are up to five bits long.
  private static final long[] ANCESTORS = new long[64];

  static {
    for (int six = 0; six < 64; six++) {
      for (int length = 0; length < STRIDE; length++) {
        ANCESTORS[six] |= 1L << number(length, six);
      }
    }
  }

  private final LpmBlocks nodes;
  private final LpmBlocks values;

  /// A node that is never reached: its block of children is the root.
  private final long top;

  /// The nodes from the top to the one that is being changed, and their places in their blocks.
  private final long[] path = new long[DEEPEST];

  private int depth;

  /// @param reuse called before memory is used again that readers may be looking at
  LpmIndex(String map, Runnable reuse) {
    this.nodes = new LpmBlocks(map, NODE, reuse);
    this.values = new LpmBlocks(map, Integer.BYTES, reuse);
    this.top = nodes.take(1);
    Memory.putLong(top + CHILDREN, 1);
    Memory.putLong(top + CHILD_BLOCK, nodes.take(1));
  }

  private static int number(int length, int six) {
    return 1 << length | six >>> (STRIDE - length);
  }

  /// The value of the longest prefix of a key of at most 8 bytes, or 0.
  int find(long bits) {
    long node = Memory.getLong(top + CHILD_BLOCK);
    long best = 0;
    long fitting = 0;
    int last = -1;
    while (true) {
      int pos = Memory.getInt(node + POS);
      // Children are deeper than their parents and have a block, unless it was used again
      // meanwhile.
      if (Long.numberOfLeadingZeros(Memory.getLong(node + DATA) ^ bits) < pos || pos <= last) {
        break;
      }
      last = pos;
      int six = (int) (bits << pos >>> 58);
      long own = Memory.getLong(node + OWN) & ANCESTORS[six];
      if (own != 0) {
        best = node;
        fitting = own;
      }
      long children = Memory.getLong(node + CHILDREN);
      long block = Memory.getLong(node + CHILD_BLOCK);
      if ((children >>> six & 1) == 0 || block == 0) {
        break;
      }
      node = block + ((long) Long.bitCount(children & (1L << six) - 1) << NODE_SHIFT);
    }
    return value(best, fitting);
  }

  /// The value of the longest prefix of a key of 9 to 16 bytes, or 0.
  int find(long high, long low) {
    long node = Memory.getLong(top + CHILD_BLOCK);
    long best = 0;
    long fitting = 0;
    int last = -1;
    while (true) {
      int pos = Memory.getInt(node + POS);
      int same = Long.numberOfLeadingZeros(Memory.getLong(node + DATA) ^ high);
      if (same == 64) {
        same += Long.numberOfLeadingZeros(Memory.getLong(node + DATA + 8) ^ low);
      }
      if (same < pos || pos <= last) {
        break;
      }
      last = pos;
      int six = six(high, low, pos);
      long own = Memory.getLong(node + OWN) & ANCESTORS[six];
      if (own != 0) {
        best = node;
        fitting = own;
      }
      long children = Memory.getLong(node + CHILDREN);
      long block = Memory.getLong(node + CHILD_BLOCK);
      if ((children >>> six & 1) == 0 || block == 0) {
        break;
      }
      node = block + ((long) Long.bitCount(children & (1L << six) - 1) << NODE_SHIFT);
    }
    return value(best, fitting);
  }

  /// The value of the longest prefix of a key of 17 to 24 bytes, or 0.
  int find(long first, long second, long third) {
    long node = Memory.getLong(top + CHILD_BLOCK);
    long best = 0;
    long fitting = 0;
    int last = -1;
    while (true) {
      int pos = Memory.getInt(node + POS);
      int same = Long.numberOfLeadingZeros(Memory.getLong(node + DATA) ^ first);
      if (same == 64) {
        same += Long.numberOfLeadingZeros(Memory.getLong(node + DATA + 8) ^ second);
        if (same == 128) {
          same += Long.numberOfLeadingZeros(Memory.getLong(node + DATA + 16) ^ third);
        }
      }
      if (same < pos || pos <= last) {
        break;
      }
      last = pos;
      int six = pos < 64 ? six(first, second, pos) : six(second, third, pos - 64);
      long own = Memory.getLong(node + OWN) & ANCESTORS[six];
      if (own != 0) {
        best = node;
        fitting = own;
      }
      long children = Memory.getLong(node + CHILDREN);
      long block = Memory.getLong(node + CHILD_BLOCK);
      if ((children >>> six & 1) == 0 || block == 0) {
        break;
      }
      node = block + ((long) Long.bitCount(children & (1L << six) - 1) << NODE_SHIFT);
    }
    return value(best, fitting);
  }

  /// Six bits from `pos` on, of two words. No branches: positions differ from node to node, and
  /// nobody could predict them.
  private static int six(long high, long low, int pos) {
    boolean second = pos >= 64;
    long from = second ? low : high;
    long behind = second ? 0 : low;
    // Two shifts, since one by 64 is none.
    return (int) ((from << pos | behind >>> 1 >>> (63 - pos)) >>> 58);
  }

  private static long child(long node, long children, int six) {
    return Memory.getLong(node + CHILD_BLOCK)
        + ((long) Long.bitCount(children & (1L << six) - 1) << NODE_SHIFT);
  }

  /// The value of the longest of a node's prefixes that fit, or 0.
  private static int value(long node, long fitting) {
    if (fitting == 0) {
      return 0;
    }
    long below = Long.highestOneBit(fitting) - 1;
    int place = Long.bitCount(Memory.getLong(node + OWN) & below);
    long block = Memory.getLong(node + VALUE_BLOCK);
    // The block may be gone when the node was used again; nothing is there then.
    return block == 0 ? 0 : Memory.getInt(block + 4L * place);
  }

  // What follows is for the holder of the map's lock.

  /// Adds a prefix or gives it another value.
  ///
  /// @param key three words, the most significant bit first
  /// @param value not 0
  void put(int length, long[] key, int value) {
    int target = length - length % STRIDE;
    long node = walk(target, key);
    int pos = pos(node);
    if (pos == target) {
      setValue(node, number(length - pos, six(key, pos)), value);
      return;
    }
    int six = six(key, pos);
    long fresh = fresh(target, key);
    addValue(fresh, number(length - target, six(key, target)), value);
    long children = Memory.getLong(node + CHILDREN);
    if ((children >>> six & 1) == 0) {
      insertChild(node, six, fresh);
    } else {
      branch(child(node, children, six), target, key, fresh);
    }
    nodes.give(fresh, 1);
  }

  /// Removes a prefix that is there.
  void remove(int length, long[] key) {
    int target = length - length % STRIDE;
    long node = walk(target, key);
    int number = number(length - target, six(key, target));
    long own = Memory.getLong(node + OWN);
    long children = Memory.getLong(node + CHILDREN);
    long left = own & ~(1L << number);
    if (left == 0 && children == 0 && depth > 2) {
      long block = Memory.getLong(node + VALUE_BLOCK);
      depth--;
      removeChild(path[depth - 1], six(key, pos(path[depth - 1])));
      values.give(block, 1);
      return;
    }
    long block = Memory.getLong(node + VALUE_BLOCK);
    int count = Long.bitCount(own);
    long copy = left == 0 ? 0 : values.take(count - 1);
    int place = Long.bitCount(own & (1L << number) - 1);
    for (int i = 0, to = 0; i < count; i++) {
      if (i != place) {
        Memory.putInt(copy + 4L * to++, Memory.getInt(block + 4L * i));
      }
    }
    if (left == 0 && Long.bitCount(children) == 1 && depth > 2) {
      // A node with nothing of its own and one child: the child takes its place.
      long only = Memory.getLong(node + CHILD_BLOCK);
      replace(only);
      nodes.give(only, 1);
    } else {
      long changed = nodes.take(1);
      Words.copy(node, changed, NODE);
      Memory.putLong(changed + OWN, left);
      Memory.putLong(changed + VALUE_BLOCK, copy);
      replace(changed);
      nodes.give(changed, 1);
    }
    values.give(block, count);
  }

  /// Walks along a key to the deepest node on its path that is no deeper than `target`, and notes
  /// the way there.
  private long walk(int target, long[] key) {
    path[0] = top;
    long node = Memory.getLong(top + CHILD_BLOCK);
    path[1] = node;
    depth = 2;
    while (pos(node) < target) {
      int six = six(key, pos(node));
      long children = Memory.getLong(node + CHILDREN);
      if ((children >>> six & 1) == 0) {
        break;
      }
      long next = child(node, children, six);
      if (pos(next) > target || common(next, key) < pos(next)) {
        break;
      }
      node = next;
      path[depth++] = node;
    }
    return node;
  }

  /// Where a child stands in the way of a new node: either the new node takes the child's place and
  /// has it as its own child, or both become children of a node that stands for what they share.
  private void branch(long child, int target, long[] key, long fresh) {
    int shared = Math.min(common(child, key), Math.min(pos(child), target));
    int at = shared - shared % STRIDE;
    path[depth++] = child;
    if (at == target) {
      Memory.putLong(fresh + CHILDREN, 1L << six(child, target));
      Memory.putLong(fresh + CHILD_BLOCK, copyOf(child));
      replace(fresh);
      return;
    }
    long fork = fresh(at, key);
    int mine = six(key, at);
    int other = six(child, at);
    long block = nodes.take(2);
    Words.copy(fresh, block + (mine < other ? 0 : NODE), NODE);
    Words.copy(child, block + (mine < other ? NODE : 0), NODE);
    Memory.putLong(fork + CHILDREN, 1L << mine | 1L << other);
    Memory.putLong(fork + CHILD_BLOCK, block);
    replace(fork);
    nodes.give(fork, 1);
  }

  private long copyOf(long node) {
    long copy = nodes.take(1);
    Words.copy(node, copy, NODE);
    return copy;
  }

  /// A node without anything, on the path of a key.
  private long fresh(int pos, long[] key) {
    long node = nodes.take(1);
    Memory.zero(node, NODE);
    Memory.putInt(node + POS, pos);
    for (int i = 0; i < key.length; i++) {
      Memory.putLong(node + DATA + 8L * i, key[i]);
    }
    return node;
  }

  private void setValue(long node, int number, int value) {
    long own = Memory.getLong(node + OWN);
    if ((own >>> number & 1) != 0) {
      int place = Long.bitCount(own & (1L << number) - 1);
      LpmBlocks.publish(Memory.getLong(node + VALUE_BLOCK) + 4L * place, value);
      return;
    }
    long changed = copyOf(node);
    long before = Memory.getLong(node + VALUE_BLOCK);
    addValue(changed, number, value);
    replace(changed);
    nodes.give(changed, 1);
    values.give(before, Long.bitCount(own));
  }

  /// Gives a node that no reader sees one more value.
  private void addValue(long node, int number, int value) {
    long own = Memory.getLong(node + OWN);
    int count = Long.bitCount(own);
    int place = Long.bitCount(own & (1L << number) - 1);
    long before = Memory.getLong(node + VALUE_BLOCK);
    long block = values.take(count + 1);
    for (int i = 0; i < count; i++) {
      Memory.putInt(block + 4L * (i < place ? i : i + 1), Memory.getInt(before + 4L * i));
    }
    Memory.putInt(block + 4L * place, value);
    Memory.putLong(node + OWN, own | 1L << number);
    Memory.putLong(node + VALUE_BLOCK, block);
  }

  /// Gives the last node of the path one more child.
  private void insertChild(long node, int six, long fresh) {
    long children = Memory.getLong(node + CHILDREN);
    int count = Long.bitCount(children);
    int place = Long.bitCount(children & (1L << six) - 1);
    long before = Memory.getLong(node + CHILD_BLOCK);
    long block = nodes.take(count + 1);
    Words.copy(before, block, (long) place << NODE_SHIFT);
    Words.copy(fresh, block + ((long) place << NODE_SHIFT), NODE);
    Words.copy(
        before + ((long) place << NODE_SHIFT),
        block + ((long) (place + 1) << NODE_SHIFT),
        (long) (count - place) << NODE_SHIFT);
    changeChildren(node, children | 1L << six, block, before, count);
  }

  /// Takes a child from the last node of the path.
  private void removeChild(long node, int six) {
    long children = Memory.getLong(node + CHILDREN);
    int count = Long.bitCount(children);
    int place = Long.bitCount(children & (1L << six) - 1);
    long before = Memory.getLong(node + CHILD_BLOCK);
    long block = count == 1 ? 0 : nodes.take(count - 1);
    if (block != 0) {
      Words.copy(before, block, (long) place << NODE_SHIFT);
      Words.copy(
          before + ((long) (place + 1) << NODE_SHIFT),
          block + ((long) place << NODE_SHIFT),
          (long) (count - place - 1) << NODE_SHIFT);
    }
    changeChildren(node, children & ~(1L << six), block, before, count);
  }

  private void changeChildren(long node, long children, long block, long before, int count) {
    if (Long.bitCount(children) == 1 && Memory.getLong(node + OWN) == 0 && depth > 2) {
      replace(block);
      nodes.give(block, 1);
    } else {
      long changed = copyOf(node);
      Memory.putLong(changed + CHILDREN, children);
      Memory.putLong(changed + CHILD_BLOCK, block);
      replace(changed);
      nodes.give(changed, 1);
    }
    nodes.give(before, count);
  }

  /// Puts another node where the last one of the path stands, for readers at once.
  private void replace(long changed) {
    long node = path[depth - 1];
    long parent = path[depth - 2];
    int count = Long.bitCount(Memory.getLong(parent + CHILDREN));
    long before = Memory.getLong(parent + CHILD_BLOCK);
    long block = nodes.take(count);
    Words.copy(before, block, (long) count << NODE_SHIFT);
    Words.copy(changed, block + (node - before), NODE);
    LpmBlocks.publish(parent + CHILD_BLOCK, block);
    nodes.give(before, count);
  }

  private static int pos(long node) {
    return Memory.getInt(node + POS);
  }

  private static int six(long[] key, int pos) {
    return pos < 64 ? six(key[0], key[1], pos) : six(key[1], key[2], pos - 64);
  }

  private static int six(long node, int pos) {
    long data = node + DATA;
    return pos < 64
        ? six(Memory.getLong(data), Memory.getLong(data + 8), pos)
        : six(Memory.getLong(data + 8), Memory.getLong(data + 16), pos - 64);
  }

  /// How many bits a node's data and a key have in common.
  private static int common(long node, long[] key) {
    for (int i = 0; i < key.length; i++) {
      long difference = Memory.getLong(node + DATA + 8L * i) ^ key[i];
      if (difference != 0) {
        return i * 64 + Long.numberOfLeadingZeros(difference);
      }
    }
    return key.length * 64;
  }

  /// Bytes it takes, of which some may be free.
  long bytes() {
    return nodes.bytes() + values.bytes();
  }
}
