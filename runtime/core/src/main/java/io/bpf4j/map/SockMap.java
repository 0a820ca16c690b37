package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_NOEXIST;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// `BPF_MAP_TYPE_SOCKMAP`: sockets by a u32 index. Programs read an array of pointers without a
/// lock; who changes it holds the map's.
final class SockMap extends SocketMap {
  private final MapMemory memory;
  private final long base;
  private final int maxEntries;
  private final TreeMap<Integer, IndexEntry> occupied = new TreeMap<>(Integer::compareUnsigned);

  private final class IndexEntry extends Entry {
    private final int index;

    IndexEntry(Sock sock, int index) {
      super(sock);
      this.index = index;
    }

    @Override
    public void forget(Sock closed) {
      synchronized (occupied) {
        if (occupied.get(index) == this) {
          clear(index);
        }
      }
    }
  }

  SockMap(MapSpec spec) {
    super(spec);
    this.maxEntries = spec.maxEntries();
    this.memory = MapMemory.allocate(spec.name(), Integer.toUnsignedLong(maxEntries), Long.BYTES);
    this.base = memory.address();
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    int index = Memory.getInt(keyAddress);
    return Integer.compareUnsigned(index, maxEntries) < 0 ? Memory.getLong(place(index)) : 0;
  }

  private long place(int index) {
    return base + Integer.toUnsignedLong(index) * Long.BYTES;
  }

  @Override
  long put(long keyAddress, Sock sock, long flags) {
    int index = Memory.getInt(keyAddress);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return Errno.E2BIG.negated();
    }
    synchronized (occupied) {
      // The kernel asks the socket before it looks what is there (sock_map_link).
      IndexEntry entry = new IndexEntry(sock, index);
      long held = sock.places().hold(entry);
      if (held != 0) {
        return held;
      }
      IndexEntry old = occupied.get(index);
      if (old == null ? flags == BPF_EXIST : flags == BPF_NOEXIST) {
        sock.places().release(entry);
        return (old == null ? Errno.ENOENT : Errno.EEXIST).negated();
      }
      if (old != null) {
        old.sock.places().release(old);
      }
      occupied.put(index, entry);
      Memory.putLong(place(index), sock.pointer());
      return 0;
    }
  }

  /// An empty or missing place is EINVAL (__sock_map_delete).
  @Override
  long remove(long keyAddress) {
    int index = Memory.getInt(keyAddress);
    synchronized (occupied) {
      IndexEntry old = occupied.get(index);
      if (old == null) {
        return Errno.EINVAL.negated();
      }
      old.sock.places().release(old);
      clear(index);
      return 0;
    }
  }

  private void clear(int index) {
    Memory.putLong(place(index), 0);
    occupied.remove(index);
  }

  @Override
  @Nullable Sock find(long keyAddress) {
    synchronized (occupied) {
      IndexEntry entry = occupied.get(Memory.getInt(keyAddress));
      return entry == null ? null : entry.sock;
    }
  }

  /// All indices, occupied or not, as of an array.
  @Override
  protected byte[] userNextKey(byte @Nullable [] key) {
    return nextIndex(key, maxEntries);
  }

  /// The occupied places.
  @Override
  public List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
    synchronized (occupied) {
      occupied.forEach(
          (index, entry) -> entries.add(Map.entry(indexKey(index), cookie(entry.sock))));
    }
    return entries;
  }

  @Override
  public List<Sock> socks() {
    synchronized (occupied) {
      return occupied.values().stream().map(entry -> entry.sock).distinct().toList();
    }
  }
}
