package io.bpf4j.map;

/// A queue of addresses, first in first out, that grows: free blocks wait here until they are used
/// again, the longest waiting first.
final class LongQueue {
  private long[] ring = new long[8];
  private int head;
  private int size;

  void add(long address) {
    if (size == ring.length) {
      long[] larger = new long[2 * size];
      System.arraycopy(ring, head, larger, 0, size - head);
      System.arraycopy(ring, 0, larger, size - head, head);
      ring = larger;
      head = 0;
    }
    ring[head + size & ring.length - 1] = address;
    size++;
  }

  /// The oldest address; there must be one.
  long take() {
    long address = ring[head];
    head = head + 1 & ring.length - 1;
    size--;
    return address;
  }

  boolean isEmpty() {
    return size == 0;
  }
}
