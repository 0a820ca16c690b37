package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_F_LOCK;
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
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `BPF_MAP_TYPE_HASH` (kernel/bpf/hashtab.c): errors, flags and the two sides; [HashTable] holds
/// the elements. NO_PREALLOC maps behave as preallocated ones: a removed value's memory may be used
/// again at once.
///
/// An update of a present key swaps in a cell that the CPU had set aside and sets the old one aside
/// in its place, as the kernel's `extra_elems`: the bytes behind a value's address survive the next
/// update of the key, not the one after it on the same CPU.
final class BpfHashMap extends RuntimeMap {
  private final HashTable table;
  private final Object lock = new Object();
  private final List<Region> regions;

  /// A free cell for each CPU, and one for the user side at the end.
  private final int[] spares;

  BpfHashMap(MapSpec spec, int cpus) {
    super(spec);
    this.table =
        new HashTable(spec.name(), spec.keySize(), spec.valueSize(), spec.maxEntries(), cpus + 1);
    this.spares = new int[cpus + 1];
    for (int i = 0; i < spares.length; i++) {
      spares[i] = table.takeCell();
    }
    this.regions = List.of(valueRegion(table.cells(), table.cellsBytes(), table.stride()));
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return regions;
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    return table.find(keyAddress);
  }

  long lookup1(Cpu cpu, long keyAddress) {
    return table.findSmall(Byte.toUnsignedInt(Memory.getByte(keyAddress)));
  }

  long lookup2(Cpu cpu, long keyAddress) {
    return table.findSmall(Short.toUnsignedInt(Memory.getShort(keyAddress)));
  }

  long lookup4(Cpu cpu, long keyAddress) {
    return table.findSmall(Memory.getInt(keyAddress));
  }

  long lookup8(Cpu cpu, long keyAddress) {
    return table.find8(Memory.getLong(keyAddress));
  }

  long lookup16(Cpu cpu, long keyAddress) {
    return table.find16(Memory.getLong(keyAddress), Memory.getLong(keyAddress + 8));
  }

  @Override
  public MethodHandle lookupHandle() {
    String method =
        switch (spec().keySize()) {
          case 1 -> "lookup1";
          case 2 -> "lookup2";
          case 4 -> "lookup4";
          case 8 -> "lookup8";
          case 16 -> "lookup16";
          default -> "lookup";
        };
    try {
      return MethodHandles.lookup()
          .findVirtual(
              BpfHashMap.class, method, MethodType.methodType(long.class, Cpu.class, long.class))
          .bindTo(this);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("BpfHashMap." + method, e);
    }
  }

  @Override
  public long update(Cpu cpu, long keyAddress, long valueAddress, long flags) {
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0 || (flags & BPF_F_LOCK) != 0) {
      return Errno.EINVAL.negated();
    }
    return update(Math.min(cpu.index(), spares.length - 1), keyAddress, valueAddress, flags);
  }

  private long update(int who, long key, long value, long flags) {
    synchronized (lock) {
      long slot = table.slotOf(key);
      if (slot != HashTable.NONE) {
        if (flags == BPF_NOEXIST) {
          return Errno.EEXIST.negated();
        }
        spares[who] = table.replace(slot, spares[who], key, value);
        return 0;
      }
      if (flags == BPF_EXIST) {
        return Errno.ENOENT.negated();
      }
      if (table.full()) {
        return Errno.E2BIG.negated();
      }
      table.insert(key, value);
      return 0;
    }
  }

  @Override
  public long delete(Cpu cpu, long keyAddress) {
    return delete(keyAddress);
  }

  private long delete(long key) {
    synchronized (lock) {
      long slot = table.slotOf(key);
      if (slot == HashTable.NONE) {
        return Errno.ENOENT.negated();
      }
      table.remove(slot);
      return 0;
    }
  }

  @Override
  protected byte[] userLookup(byte[] key) {
    return read(key, "lookup", false);
  }

  @Override
  protected byte[] userLookupAndDelete(byte[] key) {
    return read(key, "lookup_and_delete", true);
  }

  private byte[] read(byte[] key, String operation, boolean remove) {
    try (Arena arena = Arena.ofConfined()) {
      long keyAddress = arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address();
      synchronized (lock) {
        long slot = table.slotOf(keyAddress);
        if (slot == HashTable.NONE) {
          throw absent(operation);
        }
        byte[] value = copyOut(table.valueAt(slot), spec().valueSize());
        if (remove) {
          table.remove(slot);
        }
        return value;
      }
    }
  }

  @Override
  protected void userUpdate(byte[] key, byte[] value, long flags) {
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      throw refuse(Errno.EINVAL, "update", "flags 0x%x".formatted(flags));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keyMemory = arena.allocateFrom(ValueLayout.JAVA_BYTE, key);
      MemorySegment valueMemory = arena.allocateFrom(ValueLayout.JAVA_BYTE, value);
      long result = update(spares.length - 1, keyMemory.address(), valueMemory.address(), flags);
      if (result == Errno.EEXIST.negated()) {
        throw refuse(Errno.EEXIST, "update", "the key is there (BPF_NOEXIST)");
      } else if (result == Errno.ENOENT.negated()) {
        throw absent("update");
      } else if (result == Errno.E2BIG.negated()) {
        throw refuse(
            Errno.E2BIG, "update", "all %d entries are used".formatted(spec().maxEntries()));
      }
    }
  }

  @Override
  protected void userDelete(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      if (delete(arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address()) != 0) {
        throw absent("delete");
      }
    }
  }

  @Override
  protected byte[] userNextKey(byte @Nullable [] key) {
    byte[] next;
    if (key == null) {
      synchronized (lock) {
        next = table.keyAfter(null, 0);
      }
    } else {
      try (Arena arena = Arena.ofConfined()) {
        long address = arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address();
        synchronized (lock) {
          // An unknown key starts from the beginning (htab_map_get_next_key).
          boolean known = table.slotOf(address) != HashTable.NONE;
          next = table.keyAfter(known ? key : null, address);
        }
      }
    }
    if (next == null) {
      throw refuse(Errno.ENOENT, "next key", "there is none");
    }
    return next;
  }

  @Override
  public List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    synchronized (lock) {
      for (byte[] key : table.keys()) {
        entries.add(Map.entry(key, userLookup(key)));
      }
    }
    return entries;
  }

  private ErrnoException absent(String operation) {
    return refuse(Errno.ENOENT, operation, "the key is not there");
  }
}
