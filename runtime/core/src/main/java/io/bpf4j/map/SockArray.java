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

/// `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY` (kernel/bpf/reuseport_array.c): members of reuseport groups
/// by a u32 index, for `bpf_sk_select_reuseport` alone. A socket has at most one place in all such
/// maps, and none in a SOCKMAP or SOCKHASH beside it; it loses it when it leaves its group.
///
/// Programs read an array of pointers without a lock.
final class SockArray extends SocketMap {
  private final MapMemory memory;
  private final long base;
  private final int maxEntries;
  private final TreeMap<Integer, Place> occupied = new TreeMap<>(Integer::compareUnsigned);

  private final class Place extends Entry {
    private final int index;

    Place(Sock sock, int index) {
      super(sock);
      this.index = index;
    }

    /// The socket left its group.
    @Override
    public void forget(Sock left) {
      synchronized (occupied) {
        if (occupied.get(index) == this) {
          clear(index);
        }
      }
    }
  }

  SockArray(MapSpec spec) {
    super(spec);
    this.maxEntries = spec.maxEntries();
    this.memory = MapMemory.allocate(spec.name(), Integer.toUnsignedLong(maxEntries), Long.BYTES);
    this.base = memory.address();
  }

  private boolean outside(int index) {
    return Integer.compareUnsigned(index, maxEntries) >= 0;
  }

  private long cell(int index) {
    return base + Integer.toUnsignedLong(index) * Long.BYTES;
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    int index = Memory.getInt(keyAddress);
    return outside(index) ? 0 : Memory.getLong(cell(index));
  }

  /// The kernel's order (reuseport_array_update_check): flags, index, what is there, the socket.
  @Override
  long admit(long keyAddress, Sock sock, long flags) {
    return Long.compareUnsigned(flags, BPF_EXIST) > 0
        ? Errno.EINVAL.negated()
        : put(keyAddress, sock, flags);
  }

  @Override
  long put(long keyAddress, Sock sock, long flags) {
    int index = Memory.getInt(keyAddress);
    if (outside(index)) {
      return Errno.E2BIG.negated();
    }
    boolean there = Memory.getLong(cell(index)) != 0;
    if (there && flags == BPF_NOEXIST) {
      return Errno.EEXIST.negated();
    }
    if (!there && flags == BPF_EXIST) {
      return Errno.ENOENT.negated();
    }
    Place place = new Place(sock, index);
    return sock.places().holdInArray(place, () -> set(place));
  }

  private void set(Place place) {
    synchronized (occupied) {
      Place old = occupied.put(place.index, place);
      if (old != null) {
        old.sock.places().releaseFromArray(old);
      }
      Memory.putLong(cell(place.index), place.sock.pointer());
    }
  }

  @Override
  long remove(long keyAddress) {
    int index = Memory.getInt(keyAddress);
    if (outside(index)) {
      return Errno.E2BIG.negated();
    }
    synchronized (occupied) {
      Place old = occupied.get(index);
      if (old == null) {
        return Errno.ENOENT.negated();
      }
      old.sock.places().releaseFromArray(old);
      clear(index);
      return 0;
    }
  }

  private void clear(int index) {
    Memory.putLong(cell(index), 0);
    occupied.remove(index);
  }

  @Override
  String reason(Errno errno) {
    return switch (errno) {
      case EINVAL ->
          "flags are not valid, or the socket is not bound (TCP: does not listen) with SO_REUSEPORT";
      case EBUSY -> "the socket is in a map already";
      default -> super.reason(errno);
    };
  }

  @Override
  @Nullable Sock find(long keyAddress) {
    synchronized (occupied) {
      Place place = occupied.get(Memory.getInt(keyAddress));
      return place == null ? null : place.sock;
    }
  }

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
          (index, place) -> entries.add(Map.entry(indexKey(index), cookie(place.sock))));
    }
    return entries;
  }

  @Override
  public List<Sock> socks() {
    synchronized (occupied) {
      return occupied.values().stream().map(place -> place.sock).toList();
    }
  }
}
