package io.bpf4j.sock;

import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// All sockets of a world by number, and the memory in which programs see them: a slot of 128 bytes
/// a socket, whose address is the socket's pointer. Numbers count up from 0 in the order of
/// opening; neither they nor the slots are used again while the world lives, so that a lookup on
/// another CPU never finds a stranger behind a pointer it still holds.
///
/// Reading is allocation-free and takes no lock.
///
/// ```
/// chunk 0: slots 0 .. 1023 | chunk 1: 1024 .. 3071 | chunk 2: 3072 .. 7167 | each twice the last
/// ```
public final class SockSlots {
  /// Bytes from one slot to the next.
  public static final int SLOT_BYTES = 128;

  private static final int FIRST = 1024;
  private static final int FIRST_BITS = 10;
  private static final int MAX_CHUNKS = 18;

  private final Arena arena = Arena.ofAuto();
  private final @Nullable Region[] regions = new @Nullable Region[MAX_CHUNKS];
  private volatile int chunks;
  private volatile @Nullable Sock[] socks = new @Nullable Sock[FIRST];
  private volatile int count;
  private final AtomicLong lastCookie = new AtomicLong();
  private final long hashKey;

  /// @param seed of the hash that picks members of reuseport groups
  public SockSlots(long seed) {
    this.hashKey = seed;
  }

  /// How many sockets were opened so far: their numbers are below this.
  public int count() {
    return count;
  }

  /// The socket with this number.
  public Sock at(int index) {
    Sock sock = index < 0 || index >= count ? null : socks[index];
    if (sock == null) {
      throw new IndexOutOfBoundsException("socket " + index + " of " + count);
    }
    return sock;
  }

  /// The socket behind a pointer that programs hold, or null for 0 and for what is none.
  public @Nullable Sock ofPointer(long pointer) {
    Region region = pointer == 0 ? null : regionOf(pointer);
    if (region == null) {
      return null;
    }
    int index = Memory.getInt(pointer + SockImage.INDEX);
    Sock sock = index < 0 || index >= count ? null : socks[index];
    return sock != null && sock.pointer() == pointer ? sock : null;
  }

  /// The chunk of slots that contains an address, or null.
  public @Nullable Region regionOf(long address) {
    for (int i = chunks - 1; i >= 0; i--) {
      Region region = regions[i];
      if (region != null && region.contains(address)) {
        return region;
      }
    }
    return null;
  }

  long hashKey() {
    return hashKey;
  }

  long nextCookie() {
    return lastCookie.incrementAndGet();
  }

  /// Takes the next number.
  synchronized int take() {
    int index = count;
    if (chunkOf(index) == chunks) {
      long bytes = ((long) FIRST * SLOT_BYTES) << chunks;
      long base = arena.allocate(bytes, SLOT_BYTES).address();
      regions[chunks] =
          new Region(
              Region.Kind.SOCK,
              "struct bpf_sock",
              base,
              bytes,
              SLOT_BYTES,
              SockImage.VISIBLE_BYTES,
              false);
      chunks = chunks + 1;
    }
    return index;
  }

  /// The address of a slot that was taken.
  long address(int index) {
    int chunk = chunkOf(index);
    Region region = regions[chunk];
    if (region == null) {
      throw new IllegalStateException("slot " + index);
    }
    return region.base() + (long) (index + FIRST - (FIRST << chunk)) * SLOT_BYTES;
  }

  /// Makes the socket of the number taken last findable.
  synchronized void publish(Sock sock) {
    @Nullable Sock[] table = socks;
    if (sock.index() == table.length) {
      table = Arrays.copyOf(table, 2 * table.length);
      socks = table;
    }
    table[sock.index()] = sock;
    count = sock.index() + 1;
  }

  private static int chunkOf(int index) {
    return 31 - Integer.numberOfLeadingZeros(index + FIRST) - FIRST_BITS;
  }
}
