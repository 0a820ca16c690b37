package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_F_LOCK;
import static io.bpf4j.map.MapFlags.BPF_NOEXIST;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the array types share (kernel/bpf/arraymap.c): a u32 index as key, every element there from
/// the start and never deleted, and the order in which errors are found.
abstract class IndexedMap extends RuntimeMap {
  /// Elements, as an unsigned number.
  protected final int maxEntries;

  IndexedMap(MapSpec spec) {
    super(spec);
    this.maxEntries = spec.maxEntries();
  }

  static long entries(MapSpec spec) {
    return Integer.toUnsignedLong(spec.maxEntries());
  }

  /// Reads an element for the user side.
  protected abstract byte[] read(int index);

  /// Writes an element from the user side.
  protected abstract void write(int index, byte[] value);

  /// The checks of an update from a program, in the kernel's order (array_map_update_elem): 0 or
  /// −errno.
  protected final long refusal(int index, long flags) {
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0) {
      return Errno.EINVAL.negated();
    }
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return Errno.E2BIG.negated();
    }
    if ((flags & BPF_NOEXIST) != 0) {
      return Errno.EEXIST.negated();
    }
    return (flags & BPF_F_LOCK) != 0 ? Errno.EINVAL.negated() : 0;
  }

  /// Elements of arrays cannot be deleted.
  @Override
  public final long delete(Cpu cpu, long keyAddress) {
    return Errno.EINVAL.negated();
  }

  @Override
  protected final byte[] userLookup(byte[] key) {
    int index = index(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      throw refuse(Errno.ENOENT, "lookup", outside(index));
    }
    return read(index);
  }

  @Override
  protected final void userUpdate(byte[] key, byte[] value, long flags) {
    int index = index(key);
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      throw refuse(Errno.EINVAL, "update", "flags 0x%x".formatted(flags));
    }
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      throw refuse(Errno.E2BIG, "update", outside(index));
    }
    if (flags == BPF_NOEXIST) {
      throw refuse(Errno.EEXIST, "update", "elements of an array always exist");
    }
    write(index, value);
  }

  @Override
  protected final void userDelete(byte[] key) {
    throw refuse(Errno.EINVAL, "delete", "elements of an array cannot be deleted");
  }

  @Override
  protected final byte[] userNextKey(byte @Nullable [] key) {
    int index = key == null ? -1 : index(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return key(0);
    }
    if (index == maxEntries - 1) {
      throw refuse(
          Errno.ENOENT, "next key", "index " + Integer.toUnsignedString(index) + " is last");
    }
    return key(index + 1);
  }

  @Override
  public final List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    for (long i = 0; i < Integer.toUnsignedLong(maxEntries); i++) {
      entries.add(Map.entry(key((int) i), read((int) i)));
    }
    return entries;
  }

  private String outside(int index) {
    return "index %s of %s elements"
        .formatted(Integer.toUnsignedString(index), Integer.toUnsignedString(maxEntries));
  }

  private static int index(byte[] key) {
    return Byte.toUnsignedInt(key[0])
        | Byte.toUnsignedInt(key[1]) << 8
        | Byte.toUnsignedInt(key[2]) << 16
        | Byte.toUnsignedInt(key[3]) << 24;
  }

  private static byte[] key(int index) {
    return new byte[] {
      (byte) index, (byte) (index >>> 8), (byte) (index >>> 16), (byte) (index >>> 24)
    };
  }
}
