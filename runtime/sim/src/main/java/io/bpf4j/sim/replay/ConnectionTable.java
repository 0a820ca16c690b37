package io.bpf4j.sim.replay;

import java.util.Arrays;

/// The TCP connections of the simulated host that a replay knows: an open-addressed hash table over
/// slots of primitives, threaded on a list from the slot idle longest to the one seen last. It
/// grows as connections are opened, to a limit, and allocates nothing otherwise.
///
/// ```
/// index[]  hash -> slot + 1, linear probing, at most half full
/// slot     key (two addresses, ports, namespace) | socket | state | lastSeen | older, newer
/// ```
final class ConnectionTable {
  /// The answer of [#find] for a connection that is not there.
  static final int ABSENT = -1;

  private static final int INITIAL = 1024;

  private final int maxConnections;
  private final long idleNanos;

  private int[] index = new int[2 * INITIAL];
  private long[] localHi = new long[INITIAL];
  private long[] localLo = new long[INITIAL];
  private long[] remoteHi = new long[INITIAL];
  private long[] remoteLo = new long[INITIAL];
  private long[] rest = new long[INITIAL];
  private long[] hash = new long[INITIAL];
  private long[] lastSeen = new long[INITIAL];
  private int[] socket = new int[INITIAL];
  private byte[] state = new byte[INITIAL];
  private int[] older = new int[INITIAL];
  private int[] newer = new int[INITIAL];

  /// Ends of the list by last packet, and the first free slot (linked by `newer`); -1 for none.
  private int oldest = -1;

  private int newest = -1;
  private int free = -1;
  private int used;

  private int size;
  private long opened;
  private long evicted;
  private long expired;
  private long now;

  ConnectionTable(int maxConnections, long idleNanos) {
    this.maxConnections = maxConnections;
    this.idleNanos = idleNanos;
  }

  /// Ports, namespace and family of a connection in one number.
  static long rest(int netns, int family, int localPort, int remotePort) {
    return (long) netns << 40 | (long) family << 32 | (long) localPort << 16 | remotePort;
  }

  int size() {
    return size;
  }

  /// Connections opened so far.
  long opened() {
    return opened;
  }

  /// Connections that had to give way to new ones.
  long evicted() {
    return evicted;
  }

  /// Connections that were idle too long.
  long expired() {
    return expired;
  }

  /// Moves the clock; it never runs backwards.
  void time(long nanos) {
    now = Math.max(now, nanos);
  }

  /// The slot of a connection, or [#ABSENT]. One that was idle too long is forgotten here.
  int find(long flow, long lHi, long lLo, long rHi, long rLo, long ports) {
    int mask = index.length - 1;
    for (int at = (int) flow & mask; ; at = at + 1 & mask) {
      int slot = index[at] - 1;
      if (slot < 0) {
        return ABSENT;
      }
      if (hash[slot] == flow
          && rest[slot] == ports
          && localLo[slot] == lLo
          && remoteLo[slot] == rLo
          && localHi[slot] == lHi
          && remoteHi[slot] == rHi) {
        if (now - lastSeen[slot] > idleNanos) {
          remove(slot);
          expired++;
          return ABSENT;
        }
        return slot;
      }
    }
  }

  /// The socket a connection belongs to.
  int socket(int slot) {
    return socket[slot];
  }

  int state(int slot) {
    return state[slot];
  }

  void state(int slot, int bits) {
    state[slot] = (byte) bits;
  }

  /// Notes that a packet of the connection was seen.
  void touch(int slot) {
    lastSeen[slot] = now;
    if (slot != newest) {
      unlink(slot);
      append(slot);
    }
  }

  /// Adds a connection that is not there, and gives its slot.
  int open(long flow, long lHi, long lLo, long rHi, long rLo, long ports, int owner) {
    while (oldest >= 0 && now - lastSeen[oldest] > idleNanos) {
      remove(oldest);
      expired++;
    }
    if (size == maxConnections) {
      remove(oldest);
      evicted++;
    }
    int slot = freeSlot();
    localHi[slot] = lHi;
    localLo[slot] = lLo;
    remoteHi[slot] = rHi;
    remoteLo[slot] = rLo;
    rest[slot] = ports;
    hash[slot] = flow;
    socket[slot] = owner;
    state[slot] = 0;
    lastSeen[slot] = now;
    append(slot);
    insert(slot);
    size++;
    opened++;
    return slot;
  }

  /// Forgets a connection.
  void remove(int slot) {
    int mask = index.length - 1;
    int hole = (int) hash[slot] & mask;
    while (index[hole] != slot + 1) {
      hole = hole + 1 & mask;
    }
    // Close the gap: an entry further on moves here unless its home lies behind the hole.
    for (int at = hole + 1 & mask; index[at] != 0; at = at + 1 & mask) {
      int home = (int) hash[index[at] - 1] & mask;
      if ((at - home & mask) >= (at - hole & mask)) {
        index[hole] = index[at];
        hole = at;
      }
    }
    index[hole] = 0;
    unlink(slot);
    newer[slot] = free;
    free = slot;
    size--;
  }

  private int freeSlot() {
    if (free >= 0) {
      int slot = free;
      free = newer[slot];
      return slot;
    }
    if (used == rest.length) {
      grow();
    }
    return used++;
  }

  private void grow() {
    int capacity = (int) Math.min(2L * rest.length, maxConnections);
    localHi = Arrays.copyOf(localHi, capacity);
    localLo = Arrays.copyOf(localLo, capacity);
    remoteHi = Arrays.copyOf(remoteHi, capacity);
    remoteLo = Arrays.copyOf(remoteLo, capacity);
    rest = Arrays.copyOf(rest, capacity);
    hash = Arrays.copyOf(hash, capacity);
    lastSeen = Arrays.copyOf(lastSeen, capacity);
    socket = Arrays.copyOf(socket, capacity);
    state = Arrays.copyOf(state, capacity);
    older = Arrays.copyOf(older, capacity);
    newer = Arrays.copyOf(newer, capacity);
    int places = Integer.highestOneBit(Math.max(capacity - 1, 1)) * 4;
    index = new int[places];
    for (int slot = oldest; slot >= 0; slot = newer[slot]) {
      insert(slot);
    }
  }

  private void insert(int slot) {
    int mask = index.length - 1;
    int at = (int) hash[slot] & mask;
    while (index[at] != 0) {
      at = at + 1 & mask;
    }
    index[at] = slot + 1;
  }

  private void append(int slot) {
    older[slot] = newest;
    newer[slot] = -1;
    if (newest >= 0) {
      newer[newest] = slot;
    } else {
      oldest = slot;
    }
    newest = slot;
  }

  private void unlink(int slot) {
    int before = older[slot];
    int after = newer[slot];
    if (before >= 0) {
      newer[before] = after;
    } else {
      oldest = after;
    }
    if (after >= 0) {
      older[after] = before;
    } else {
      newest = before;
    }
  }
}
