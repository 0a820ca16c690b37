package io.bpf4j.map;

/// A queue of numbers, first in first out, that grows: free places wait here until they are used
/// again, the longest waiting first.
final class IntQueue {
  private int[] ring = new int[64];
  private int head;
  private int size;

  void add(int number) {
    if (size == ring.length) {
      int[] larger = new int[2 * size];
      System.arraycopy(ring, head, larger, 0, size - head);
      System.arraycopy(ring, 0, larger, size - head, head);
      ring = larger;
      head = 0;
    }
    ring[head + size & ring.length - 1] = number;
    size++;
  }

  /// The oldest number; there must be one.
  int take() {
    int number = ring[head];
    head = head + 1 & ring.length - 1;
    size--;
    return number;
  }

  boolean isEmpty() {
    return size == 0;
  }
}
