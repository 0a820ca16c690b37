package io.bpf4j.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Memory of a kernel object that is mapped into this process, until it is closed.
final class MappedMemory implements AutoCloseable {
  private static final long PROT_READ_WRITE = 3;
  private static final long MAP_SHARED = 1;

  /// Guards the segment: after it is closed, an access throws instead of touching unmapped memory.
  private final Arena arena;

  private final MemorySegment segment;

  private MappedMemory(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /// Maps the first bytes of the values of an array made with BPF_F_MMAPABLE. The memory is the
  /// calling thread's.
  @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // closed with this
  static MappedMemory map(KernelMap map, long size) {
    long address =
        Syscall.MMAP.check(
            Syscall.MMAP.call(0, size, PROT_READ_WRITE, MAP_SHARED, map.fd(), 0),
            map + ", " + size + " bytes");
    Arena arena = Arena.ofConfined();
    MemorySegment segment =
        MemorySegment.ofAddress(address)
            .reinterpret(size, arena, memory -> Syscall.MUNMAP.call(memory.address(), size));
    return new MappedMemory(arena, segment);
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    arena.close();
  }
}
