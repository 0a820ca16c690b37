package io.bpf4j.map;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// bpf(2) of this machine's kernel.
public final class LiveBpf {
  /// Bytes of a `union bpf_attr` as the tests use it.
  public static final int ATTR_BYTES = 128;

  private static final int MAP_CREATE = 0;
  private static final int PROG_LOAD = 5;
  private static final int PROG_TEST_RUN = 10;
  private static final long SYS_BPF = 321;
  private static final long SYS_CLOSE = 3;
  private static final int SOCKET_FILTER = 1;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  @SuppressWarnings("restricted")
  private static final MethodHandle SYSCALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
              FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
              Linker.Option.firstVariadicArg(1),
              Linker.Option.captureCallState("errno"));

  private LiveBpf() {}

  /// Why there is no live kernel to ask, or null when there is.
  public static @Nullable String unavailable() {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return "the live kernel is asked on Linux x86-64 only";
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(JAVA_INT, 0, MapTypes.ARRAY);
      attr.set(JAVA_INT, 4, 4);
      attr.set(JAVA_INT, 8, 4);
      attr.set(JAVA_INT, 12, 1);
      long fd = bpf(MAP_CREATE, attr);
      if (fd < 0) {
        return "bpf(2) is refused here: errno " + -fd;
      }
      close(fd);
      return null;
    }
  }

  /// A command's result, or −errno.
  public static long bpf(int command, MemorySegment attr) {
    return syscall(SYS_BPF, command, attr, ATTR_BYTES);
  }

  /// Closes a file descriptor.
  public static void close(long fd) {
    syscall(SYS_CLOSE, fd, MemorySegment.NULL, 0);
  }

  /// Runs instructions once as a GPL socket filter and gives the 32-bit return value.
  public static int run(byte[] insns) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment load = arena.allocate(ATTR_BYTES, 8);
      MemorySegment log = arena.allocate(1 << 16);
      load.set(JAVA_INT, 0, SOCKET_FILTER);
      load.set(JAVA_INT, 4, insns.length / 8);
      load.set(JAVA_LONG, 8, arena.allocateFrom(ValueLayout.JAVA_BYTE, insns).address());
      load.set(JAVA_LONG, 16, arena.allocateFrom("GPL").address());
      load.set(JAVA_INT, 24, 1);
      load.set(JAVA_INT, 28, (int) log.byteSize());
      load.set(JAVA_LONG, 32, log.address());
      long fd = bpf(PROG_LOAD, load);
      if (fd < 0) {
        throw new IllegalStateException("PROG_LOAD: errno " + -fd + "\n" + log.getString(0));
      }
      MemorySegment test = arena.allocate(ATTR_BYTES, 8);
      MemorySegment data = arena.allocate(64);
      test.set(JAVA_INT, 0, (int) fd);
      test.set(JAVA_INT, 8, (int) data.byteSize());
      test.set(JAVA_LONG, 16, data.address());
      long result = bpf(PROG_TEST_RUN, test);
      close(fd);
      if (result < 0) {
        throw new IllegalStateException("PROG_TEST_RUN: errno " + -result);
      }
      return test.get(JAVA_INT, 4);
    }
  }

  private static long syscall(long number, long first, MemorySegment second, long third) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) SYSCALL.invokeExact(state, number, first, second, third);
      return result >= 0 ? result : -(int) ERRNO.get(state, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
