package io.bpf4j.sock;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// A hash table of buckets of sockets in their order. Readers take no lock and allocate nothing: a
/// bucket is immutable, a change swaps in a copy of it with one volatile store. Writers hold the
/// lock of the sockets.
///
/// Open addressing with linear probing. A bucket that ran empty keeps its place, so that probing
/// goes on behind it, until the table is made anew.
final class BucketTable {
  private static final Sock[] NONE = {};
  private static final int INITIAL = 64;

  private volatile AtomicReferenceArray<@Nullable Bucket> table =
      new AtomicReferenceArray<>(INITIAL);
  private int used;

  private record Bucket(Key key, Sock[] socks) {}

  /// The sockets of a bucket in order. The array must not be written to.
  Sock[] find(long localHi, long localLo, long peerHi, long peerLo, long ports) {
    AtomicReferenceArray<@Nullable Bucket> places = table;
    int mask = places.length() - 1;
    for (int at = Key.hash(localHi, localLo, peerHi, peerLo, ports) & mask; ; at = at + 1 & mask) {
      Bucket bucket = places.get(at);
      if (bucket == null) {
        return NONE;
      }
      Key key = bucket.key;
      if (key.localLo() == localLo
          && key.ports() == ports
          && key.localHi() == localHi
          && key.peerLo() == peerLo
          && key.peerHi() == peerHi) {
        return bucket.socks;
      }
    }
  }

  Sock[] find(Key key) {
    return find(key.localHi(), key.localLo(), key.peerHi(), key.peerLo(), key.ports());
  }

  void addFirst(Key key, Sock sock) {
    insert(key, sock, 0);
  }

  void addLast(Key key, Sock sock) {
    insert(key, sock, find(key).length);
  }

  private void insert(Key key, Sock sock, int position) {
    Sock[] old = find(key);
    Sock[] next = new Sock[old.length + 1];
    System.arraycopy(old, 0, next, 0, position);
    next[position] = sock;
    System.arraycopy(old, position, next, position + 1, old.length - position);
    put(new Bucket(key, next));
  }

  /// Takes a socket out; it must be there.
  void remove(Key key, Sock sock) {
    Sock[] old = find(key);
    Sock[] next = new Sock[old.length - 1];
    int kept = 0;
    for (Sock other : old) {
      if (other != sock) {
        next[kept++] = other;
      }
    }
    put(new Bucket(key, next));
  }

  private void put(Bucket bucket) {
    if (place(table, bucket)) {
      used++;
      if (2 * used > table.length()) {
        rebuild();
      }
    }
  }

  /// Whether the bucket took a place that was empty.
  private static boolean place(AtomicReferenceArray<@Nullable Bucket> places, Bucket bucket) {
    int mask = places.length() - 1;
    int at = bucket.key.hash() & mask;
    while (true) {
      Bucket there = places.get(at);
      if (there == null || there.key.equals(bucket.key)) {
        places.set(at, bucket);
        return there == null;
      }
      at = at + 1 & mask;
    }
  }

  private void rebuild() {
    AtomicReferenceArray<@Nullable Bucket> old = table;
    int filled = 0;
    for (int i = 0; i < old.length(); i++) {
      Bucket bucket = old.get(i);
      filled += bucket != null && bucket.socks.length > 0 ? 1 : 0;
    }
    int length = Math.max(INITIAL, Integer.highestOneBit(Math.max(filled, 1)) * 8);
    AtomicReferenceArray<@Nullable Bucket> next = new AtomicReferenceArray<>(length);
    used = 0;
    for (int i = 0; i < old.length(); i++) {
      Bucket bucket = old.get(i);
      if (bucket != null && bucket.socks.length > 0) {
        place(next, bucket);
        used++;
      }
    }
    table = next;
  }
}
