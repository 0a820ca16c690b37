package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_NOEXIST;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `BPF_MAP_TYPE_LPM_TRIE` (kernel/bpf/lpm_trie.c): errors, flags and the two sides; [LpmTrie]
/// holds the prefixes. A key is a prefix length in bits (u32, host order) and data, whose bits
/// count from the most significant of the first byte.
///
/// ```
/// 0 prefixlen | 4 data[0] ... data[keySize - 5]
/// ```
///
/// A lookup finds the longest prefix that is no longer than the key's; update and delete mean
/// exactly the key's prefix, whatever the bits beyond it are. All memory is taken when the map is
/// made, although the type demands BPF_F_NO_PREALLOC, but for the index of lookups, which grows.
final class LpmTrieMap extends RuntimeMap {
  private final LpmTrie trie;
  private final Object lock = new Object();
  private final List<Region> regions;
  private final int valueSize;
  private final long maxEntries;
  private long count;

  LpmTrieMap(MapSpec spec) {
    super(spec);
    this.valueSize = spec.valueSize();
    this.maxEntries = Integer.toUnsignedLong(spec.maxEntries());
    this.trie = new LpmTrie(spec.name(), spec.keySize() - 4, valueSize, maxEntries);
    this.regions = List.of(valueRegion(trie.values(), trie.valuesBytes(), trie.valueStride()));
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return regions;
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    int length = Memory.getInt(keyAddress);
    return tooLong(length) ? 0 : trie.longest(length, keyAddress + 4);
  }

  @Override
  public long update(Cpu cpu, long keyAddress, long valueAddress, long flags) {
    return update(keyAddress, valueAddress, flags);
  }

  private long update(long key, long value, long flags) {
    int length = Memory.getInt(key);
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0 || tooLong(length)) {
      return Errno.EINVAL.negated();
    }
    synchronized (lock) {
      boolean there = trie.contains(length, key + 4);
      if (there && flags == BPF_NOEXIST) {
        return Errno.EEXIST.negated();
      }
      if (!there) {
        if (flags == BPF_EXIST) {
          return Errno.ENOENT.negated();
        }
        if (count == maxEntries) {
          return Errno.ENOSPC.negated();
        }
      }
      try {
        trie.put(length, key + 4, value, valueSize);
      } catch (ErrnoException e) {
        return e.errno().negated();
      }
      count += there ? 0 : 1;
      return 0;
    }
  }

  @Override
  public long delete(Cpu cpu, long keyAddress) {
    return delete(keyAddress);
  }

  private long delete(long key) {
    int length = Memory.getInt(key);
    if (tooLong(length)) {
      return Errno.EINVAL.negated();
    }
    synchronized (lock) {
      try {
        if (!trie.remove(length, key + 4)) {
          return Errno.ENOENT.negated();
        }
      } catch (ErrnoException e) {
        return e.errno().negated();
      }
      count--;
      return 0;
    }
  }

  private boolean tooLong(int length) {
    return Integer.compareUnsigned(length, trie.maxPrefix()) > 0;
  }

  @Override
  protected byte[] userLookup(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address();
      synchronized (lock) {
        int length = Memory.getInt(address);
        long value = tooLong(length) ? 0 : trie.longest(length, address + 4);
        if (value == 0) {
          throw refuse(Errno.ENOENT, "lookup", "no prefix matches");
        }
        return copyOut(value, valueSize);
      }
    }
  }

  @Override
  protected void userUpdate(byte[] key, byte[] value, long flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keyMemory = arena.allocateFrom(ValueLayout.JAVA_BYTE, key);
      MemorySegment valueMemory = arena.allocateFrom(ValueLayout.JAVA_BYTE, value);
      long result = update(keyMemory.address(), valueMemory.address(), flags);
      if (result != 0) {
        throw refusal("update", result, keyMemory, flags);
      }
    }
  }

  @Override
  protected void userDelete(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keyMemory = arena.allocateFrom(ValueLayout.JAVA_BYTE, key);
      long result = delete(keyMemory.address());
      if (result != 0) {
        throw refusal("delete", result, keyMemory, 0);
      }
    }
  }

  private ErrnoException refusal(String operation, long result, MemorySegment key, long flags) {
    int length = key.get(ValueLayout.JAVA_INT, 0);
    if (result == Errno.EEXIST.negated()) {
      return refuse(Errno.EEXIST, operation, "the prefix is there (BPF_NOEXIST)");
    } else if (result == Errno.ENOENT.negated()) {
      return refuse(Errno.ENOENT, operation, "the prefix is not there");
    } else if (result == Errno.ENOSPC.negated()) {
      return refuse(Errno.ENOSPC, operation, "all %d entries are used".formatted(maxEntries));
    }
    return refuse(
        Errno.EINVAL,
        operation,
        tooLong(length)
            ? "prefix length %s of at most %d"
                .formatted(Integer.toUnsignedString(length), trie.maxPrefix())
            : "flags 0x%x".formatted(flags));
  }

  @Override
  protected byte[] userNextKey(byte @Nullable [] key) {
    try (Arena arena = Arena.ofConfined()) {
      long address = key == null ? 0 : arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address();
      synchronized (lock) {
        boolean fromStart = key == null || tooLong(Memory.getInt(address));
        int node = fromStart ? trie.first() : trie.after(Memory.getInt(address), address + 4);
        if (node == 0) {
          throw refuse(Errno.ENOENT, "next key", "there is none");
        }
        return key(node);
      }
    }
  }

  private byte[] key(int node) {
    return ByteBuffer.allocate(spec().keySize())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(trie.prefix(node))
        .put(trie.data(node))
        .array();
  }

  @Override
  public List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    synchronized (lock) {
      trie.forEach(
          node -> entries.add(Map.entry(key(node), copyOut(trie.valueOf(node), valueSize))));
    }
    return entries;
  }
}
