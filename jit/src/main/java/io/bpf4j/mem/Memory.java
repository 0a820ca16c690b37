package io.bpf4j.mem;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Raw off-heap memory by address, little-endian, any alignment. Nothing is checked here: callers
/// own what they touch, or have asked the regions first.
///
/// The handles are constants, so C2 compiles each call to one instruction.
public final class Memory {
  private static final MethodHandle GET_BYTE = MemoryBackend.current().getter(byte.class);
  private static final MethodHandle GET_SHORT = MemoryBackend.current().getter(short.class);
  private static final MethodHandle GET_INT = MemoryBackend.current().getter(int.class);
  private static final MethodHandle GET_LONG = MemoryBackend.current().getter(long.class);
  private static final MethodHandle PUT_BYTE = MemoryBackend.current().setter(byte.class);
  private static final MethodHandle PUT_SHORT = MemoryBackend.current().setter(short.class);
  private static final MethodHandle PUT_INT = MemoryBackend.current().setter(int.class);
  private static final MethodHandle PUT_LONG = MemoryBackend.current().setter(long.class);

  private Memory() {}

  public static byte getByte(long address) {
    try {
      return (byte) GET_BYTE.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static short getShort(long address) {
    try {
      return (short) GET_SHORT.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static int getInt(long address) {
    try {
      return (int) GET_INT.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static long getLong(long address) {
    try {
      return (long) GET_LONG.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static void putByte(long address, byte value) {
    try {
      PUT_BYTE.invokeExact(address, value);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static void putShort(long address, short value) {
    try {
      PUT_SHORT.invokeExact(address, value);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static void putInt(long address, int value) {
    try {
      PUT_INT.invokeExact(address, value);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static void putLong(long address, long value) {
    try {
      PUT_LONG.invokeExact(address, value);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// Loads `size` bytes (1, 2, 4 or 8), zero-extended.
  public static long load(long address, int size) {
    return switch (size) {
      case 1 -> Byte.toUnsignedLong(getByte(address));
      case 2 -> Short.toUnsignedLong(getShort(address));
      case 4 -> Integer.toUnsignedLong(getInt(address));
      default -> getLong(address);
    };
  }

  /// Stores the low `size` bytes (1, 2, 4 or 8) of `value`.
  public static void store(long address, int size, long value) {
    switch (size) {
      case 1 -> putByte(address, (byte) value);
      case 2 -> putShort(address, (short) value);
      case 4 -> putInt(address, (int) value);
      default -> putLong(address, value);
    }
  }

  /// Copies `length` bytes; the ranges may overlap.
  public static void copy(long from, long to, long length) {
    MemorySegment.copy(
        MemoryBackend.Everything.SEGMENT, from, MemoryBackend.Everything.SEGMENT, to, length);
  }

  /// Copies bytes out of memory.
  public static byte[] bytes(long from, int length) {
    byte[] out = new byte[length];
    MemorySegment.copy(
        MemoryBackend.Everything.SEGMENT, ValueLayout.JAVA_BYTE, from, out, 0, length);
    return out;
  }

  /// Copies bytes into memory.
  public static void putBytes(long to, byte[] bytes) {
    MemorySegment.copy(
        bytes, 0, MemoryBackend.Everything.SEGMENT, ValueLayout.JAVA_BYTE, to, bytes.length);
  }

  /// Fills `length` bytes with zero.
  public static void zero(long address, long length) {
    MemoryBackend.Everything.SEGMENT.asSlice(address, length).fill((byte) 0);
  }

  private static RuntimeException unexpected(Throwable e) {
    // The handles throw nothing of their own; an Error (a JVM that dies) passes through.
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }
}
