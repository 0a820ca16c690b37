package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/// Keeps threads on one CPU, so that what programs leave in per-CPU values is found.
public final class CpuPin {
  /// A `cpu_set_t`.
  private static final int SET_BYTES = 128;

  private static final long THIS_THREAD = 0;

  private CpuPin() {}

  /// Keeps the calling thread on one of the CPUs it may use, and gives its number.
  ///
  /// @throws io.bpf4j.error.ErrnoException as sched_setaffinity(2)
  public static int pin() {
    return pin(0);
  }

  /// The same with the CPU that stands at a place among those it may use; behind the last the first
  /// comes again.
  ///
  /// @throws io.bpf4j.error.ErrnoException as sched_setaffinity(2)
  public static int pin(int place) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate(SET_BYTES, Long.BYTES);
      Syscall.SCHED_GETAFFINITY.check(
          Syscall.SCHED_GETAFFINITY.call(THIS_THREAD, SET_BYTES, set.address()), "this thread");
      int[] cpus = usable(set);
      int cpu = cpus[place % cpus.length];
      set.fill((byte) 0);
      set.set(JAVA_BYTE, cpu / Byte.SIZE, (byte) (1 << (cpu % Byte.SIZE)));
      Syscall.SCHED_SETAFFINITY.check(
          Syscall.SCHED_SETAFFINITY.call(THIS_THREAD, SET_BYTES, set.address()), "CPU " + cpu);
      return cpu;
    }
  }

  private static int[] usable(MemorySegment set) {
    int[] cpus =
        IntStream.range(0, SET_BYTES * Byte.SIZE)
            .filter(cpu -> (set.get(JAVA_BYTE, cpu / Byte.SIZE) >> (cpu % Byte.SIZE) & 1) != 0)
            .toArray();
    if (cpus.length == 0) {
      throw new IllegalStateException("a thread that may use no CPU");
    }
    return cpus;
  }
}
