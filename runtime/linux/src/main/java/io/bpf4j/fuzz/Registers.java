package io.bpf4j.fuzz;

import io.bpf4j.isa.Reg;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What a generator knows of the registers R0 to R9 at a place: which hold numbers, which pointers,
/// and which must keep what they hold.
final class Registers {
  static final int COUNT = 10;

  /// R0 to R5 do not survive a call.
  private static final int CLOBBERED = 6;

  private int numbers;
  private int locked;
  private final @Nullable Pointer[] pointers = new @Nullable Pointer[COUNT];

  Registers copy() {
    Registers copy = new Registers();
    copy.numbers = numbers;
    copy.locked = locked;
    System.arraycopy(pointers, 0, copy.pointers, 0, COUNT);
    return copy;
  }

  void take(Registers other) {
    numbers = other.numbers;
    System.arraycopy(other.pointers, 0, pointers, 0, COUNT);
  }

  /// Keeps what is the same on both ways to a place.
  void join(Registers other) {
    numbers &= other.numbers;
    for (int i = 0; i < COUNT; i++) {
      Pointer pointer = pointers[i];
      if (pointer != null && !pointer.equals(other.pointers[i])) {
        pointers[i] = null;
      }
    }
  }

  boolean isNumber(int register) {
    return (numbers >>> register & 1) != 0;
  }

  boolean isLocked(int register) {
    return (locked >>> register & 1) != 0;
  }

  @Nullable Pointer pointer(int register) {
    return pointers[register];
  }

  void number(Reg register) {
    numbers |= 1 << register.ordinal();
    pointers[register.ordinal()] = null;
  }

  void pointer(Reg register, Pointer pointer) {
    numbers &= ~(1 << register.ordinal());
    pointers[register.ordinal()] = pointer;
  }

  void lock(int register) {
    locked |= 1 << register;
  }

  int locks() {
    return locked;
  }

  void locks(int locks) {
    locked = locks;
  }

  /// Whether nothing that must be kept would be lost in a call.
  boolean callsAllowed() {
    return (locked & ((1 << CLOBBERED) - 1)) == 0;
  }

  void afterCall() {
    numbers &= -1 << CLOBBERED;
    Arrays.fill(pointers, 0, CLOBBERED, null);
    numbers |= 1;
  }

  /// One of the registers that hold a number, or null.
  @Nullable Reg anyNumber(RandomGenerator random, boolean writable) {
    return pick(writable ? numbers & ~locked : numbers, random);
  }

  /// One that may be written.
  Reg anyWritable(RandomGenerator random) {
    Reg reg = pick(((1 << COUNT) - 1) & ~locked, random);
    if (reg == null) {
      throw new IllegalStateException("every register is locked");
    }
    return reg;
  }

  static @Nullable Reg pick(int set, RandomGenerator random) {
    int count = Integer.bitCount(set);
    if (count == 0) {
      return null;
    }
    int rest = set;
    for (int skip = random.nextInt(count); skip > 0; skip--) {
      rest &= rest - 1;
    }
    return Reg.of(Integer.numberOfTrailingZeros(rest));
  }
}
