package io.bpf4j.codegen;

import java.util.List;

/// The stack slots of a function that live in JVM locals: bytes of its frame that are only ever
/// reached as one whole, by loads and stores at a constant distance from the frame pointer. Memory
/// behind a promoted slot is never read or written.
///
/// A program that guesses a number which happens to be the address of such a slot finds other bytes
/// there than the interpreter shows; it cannot do harm by it.
///
/// @param list the slots, by index
record Slots(List<Slot> list) {
  /// More would crowd the set of variables, which is one long.
  static final int MAX = 42;

  /// The index of no slot.
  static final int NO_SLOT = -1;

  static final Slots NONE = new Slots(List.of());

  /// A slot: `size` bytes at the frame pointer plus `offset`, which is negative.
  record Slot(int offset, int size) {
    boolean overlaps(long from, long to) {
      return from < offset + size && offset < to;
    }
  }

  Slots {
    list = List.copyOf(list);
  }

  /// The index of exactly this slot, or [#NO_SLOT].
  int indexOf(long offset, int size) {
    for (int i = 0; i < list.size(); i++) {
      Slot slot = list.get(i);
      if (slot.offset() == offset && slot.size() == size) {
        return i;
      }
    }
    return NO_SLOT;
  }
}
