package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_EXIST;
import static io.bpf4j.map.MapFlags.BPF_NOEXIST;

import io.bpf4j.error.Errno;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sock.Sock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `BPF_MAP_TYPE_SOCKHASH`: sockets by a key of any bytes. The values of its [HashTable] are the
/// sockets' pointers. Programs read without a lock; who changes it holds the map's.
final class SockHash extends SocketMap {
  private final HashTable table;

  /// The entries by the address of their value.
  private final Map<Long, KeyEntry> entries = new HashMap<>();

  private final class KeyEntry extends Entry {
    private final byte[] key;

    /// The address of its value, once it has one; guarded by `entries`.
    private long value;

    KeyEntry(Sock sock, byte[] key) {
      super(sock);
      this.key = key;
    }

    @Override
    public void forget(Sock closed) {
      synchronized (entries) {
        if (entries.get(value) == this) {
          try (Arena arena = Arena.ofConfined()) {
            drop(table.slotOf(arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address()));
          }
        }
      }
    }
  }

  SockHash(MapSpec spec) {
    super(spec);
    this.table =
        new HashTable(
            spec.name(), spec.keySize(), Long.BYTES, Integer.toUnsignedLong(spec.maxEntries()), 0);
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    // A value's place may go to another key while it is read: it counts if the key still has it.
    while (true) {
      long value = table.find(keyAddress);
      if (value == 0) {
        return 0;
      }
      long pointer = Memory.getLong(value);
      VarHandle.acquireFence();
      if (table.find(keyAddress) == value) {
        return pointer;
      }
    }
  }

  @Override
  long put(long keyAddress, Sock sock, long flags) {
    synchronized (entries) {
      // The kernel asks the socket before it looks what is there (sock_map_link).
      KeyEntry entry = new KeyEntry(sock, Memory.bytes(keyAddress, spec().keySize()));
      long held = sock.places().hold(entry);
      if (held != 0) {
        return held;
      }
      long slot = table.slotOf(keyAddress);
      Errno refused = refused(slot != HashTable.NONE, flags);
      if (refused != null) {
        sock.places().release(entry);
        return refused.negated();
      }
      if (slot != HashTable.NONE) {
        Memory.putLong(table.valueAt(slot), sock.pointer());
      } else {
        insert(keyAddress, sock.pointer());
        slot = table.slotOf(keyAddress);
      }
      entry.value = table.valueAt(slot);
      KeyEntry old = entries.put(entry.value, entry);
      if (old != null) {
        old.sock.places().release(old);
      }
      return 0;
    }
  }

  private @Nullable Errno refused(boolean there, long flags) {
    if (there) {
      return flags == BPF_NOEXIST ? Errno.EEXIST : null;
    }
    return flags == BPF_EXIST ? Errno.ENOENT : table.full() ? Errno.E2BIG : null;
  }

  private void insert(long keyAddress, long pointer) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_LONG, pointer);
      table.insert(keyAddress, value.address());
    }
  }

  private void drop(long slot) {
    entries.remove(table.valueAt(slot));
    table.remove(slot);
  }

  @Override
  long remove(long keyAddress) {
    synchronized (entries) {
      long slot = table.slotOf(keyAddress);
      if (slot == HashTable.NONE) {
        return Errno.ENOENT.negated();
      }
      KeyEntry old = entries.get(table.valueAt(slot));
      if (old != null) {
        old.sock.places().release(old);
      }
      drop(slot);
      return 0;
    }
  }

  @Override
  @Nullable Sock find(long keyAddress) {
    synchronized (entries) {
      long slot = table.slotOf(keyAddress);
      KeyEntry entry = slot == HashTable.NONE ? null : entries.get(table.valueAt(slot));
      return entry == null ? null : entry.sock;
    }
  }

  @Override
  protected byte[] userNextKey(byte @Nullable [] key) {
    byte[] next;
    synchronized (entries) {
      try (Arena arena = Arena.ofConfined()) {
        long address = key == null ? 0 : arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address();
        // An unknown key starts from the beginning (sock_hash_get_next_key).
        boolean known = key != null && table.slotOf(address) != HashTable.NONE;
        next = table.keyAfter(known ? key : null, address);
      }
    }
    if (next == null) {
      throw refuse(Errno.ENOENT, "next key", "there is none");
    }
    return next;
  }

  @Override
  public List<Map.Entry<byte[], byte[]>> entries() {
    List<Map.Entry<byte[], byte[]>> all = new ArrayList<>();
    synchronized (entries) {
      for (byte[] key : table.keys()) {
        Sock sock = sockAt(key);
        if (sock != null) {
          all.add(Map.entry(key, cookie(sock)));
        }
      }
    }
    return all;
  }

  @Override
  public List<Sock> socks() {
    synchronized (entries) {
      return entries.values().stream().map(entry -> entry.sock).distinct().toList();
    }
  }
}
