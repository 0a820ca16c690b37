package io.bpf4j.linux;

import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.MemorySegment;

/// An array map of one value that this process sees as memory: what programs store into it is seen
/// without a system call, and the other way round. One thread's.
record MappedArray(KernelMap map, MappedMemory memory) implements AutoCloseable {
  static MappedArray create(String name, int bytes) {
    KernelMap map =
        KernelMap.create(
            MapSpec.of(name, MapTypes.ARRAY, Integer.BYTES, bytes, 1, MapFlags.BPF_F_MMAPABLE));
    try {
      return new MappedArray(map, MappedMemory.map(map, bytes));
    } catch (RuntimeException e) {
      map.close();
      throw e;
    }
  }

  MemorySegment bytes() {
    return memory.segment();
  }

  @Override
  public void close() {
    memory.close();
    map.close();
  }
}
