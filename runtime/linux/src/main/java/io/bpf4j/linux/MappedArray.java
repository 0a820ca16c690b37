package io.bpf4j.linux;

import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.MemorySegment;

/// An array map whose values this process sees as memory: what programs store into it is seen
/// without a system call, and the other way round. One thread's.
///
/// @param map the map
/// @param memory its values, each rounded up to 8 bytes
public record MappedArray(KernelMap map, MappedMemory memory) implements AutoCloseable {
  static MappedArray create(String name, int bytes) {
    return create(
        MapSpec.of(name, MapTypes.ARRAY, Integer.BYTES, bytes, 1, MapFlags.BPF_F_MMAPABLE));
  }

  /// Makes a map of type ARRAY with the flag BPF_F_MMAPABLE.
  ///
  /// @throws io.bpf4j.error.ErrnoException as BPF_MAP_CREATE and mmap(2)
  public static MappedArray create(MapSpec spec) {
    KernelMap map = KernelMap.create(spec);
    long stride = (spec.valueSize() + 7L) & -8L;
    try {
      return new MappedArray(map, MappedMemory.map(map, stride * spec.maxEntries()));
    } catch (RuntimeException e) {
      map.close();
      throw e;
    }
  }

  /// The values.
  public MemorySegment bytes() {
    return memory.segment();
  }

  @Override
  public void close() {
    memory.close();
    map.close();
  }
}
