package io.bpf4j.mem;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/// Atomic operations on raw off-heap memory by address. Addresses are aligned to the size of the
/// access; nothing is checked here. The read-modify-write operations take 4 or 8 bytes, are
/// sequentially consistent as the kernel's JIT makes them (`lock` on x86), and return the old
/// value, zero-extended.
///
/// These are the handles of the foreign memory API whatever the backend: C2 compiles them to the
/// same instructions as Unsafe's, and sun.misc.Unsafe has no bitwise ones.
public final class AtomicMemory {
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();
  private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final MemorySegment ALL = MemoryBackend.Everything.SEGMENT;

  private AtomicMemory() {}

  /// Adds, and returns the old value.
  public static long add(long address, int size, long value) {
    return size == 4
        ? Integer.toUnsignedLong((int) INT.getAndAdd(ALL, address, (int) value))
        : (long) LONG.getAndAdd(ALL, address, value);
  }

  /// Sets bits, and returns the old value.
  public static long or(long address, int size, long value) {
    return size == 4
        ? Integer.toUnsignedLong((int) INT.getAndBitwiseOr(ALL, address, (int) value))
        : (long) LONG.getAndBitwiseOr(ALL, address, value);
  }

  /// Masks, and returns the old value.
  public static long and(long address, int size, long value) {
    return size == 4
        ? Integer.toUnsignedLong((int) INT.getAndBitwiseAnd(ALL, address, (int) value))
        : (long) LONG.getAndBitwiseAnd(ALL, address, value);
  }

  /// Flips bits, and returns the old value.
  public static long xor(long address, int size, long value) {
    return size == 4
        ? Integer.toUnsignedLong((int) INT.getAndBitwiseXor(ALL, address, (int) value))
        : (long) LONG.getAndBitwiseXor(ALL, address, value);
  }

  /// Stores, and returns the old value.
  public static long exchange(long address, int size, long value) {
    return size == 4
        ? Integer.toUnsignedLong((int) INT.getAndSet(ALL, address, (int) value))
        : (long) LONG.getAndSet(ALL, address, value);
  }

  /// Stores when the old value is `expected` (of which 4-byte accesses see the low half), and
  /// returns the old value.
  public static long compareExchange(long address, int size, long expected, long value) {
    return size == 4
        ? Integer.toUnsignedLong(
            (int) INT.compareAndExchange(ALL, address, (int) expected, (int) value))
        : (long) LONG.compareAndExchange(ALL, address, expected, value);
  }

  /// Loads 1, 2, 4 or 8 bytes, zero-extended; what follows in the program happens after.
  public static long loadAcquire(long address, int size) {
    return switch (size) {
      case 1 -> Byte.toUnsignedLong((byte) BYTE.getAcquire(ALL, address));
      case 2 -> Short.toUnsignedLong((short) SHORT.getAcquire(ALL, address));
      case 4 -> Integer.toUnsignedLong((int) INT.getAcquire(ALL, address));
      default -> (long) LONG.getAcquire(ALL, address);
    };
  }

  /// Stores 1, 2, 4 or 8 bytes; what precedes in the program happens before.
  public static void storeRelease(long address, int size, long value) {
    switch (size) {
      case 1 -> BYTE.setRelease(ALL, address, (byte) value);
      case 2 -> SHORT.setRelease(ALL, address, (short) value);
      case 4 -> INT.setRelease(ALL, address, (int) value);
      default -> LONG.setRelease(ALL, address, value);
    }
  }
}
