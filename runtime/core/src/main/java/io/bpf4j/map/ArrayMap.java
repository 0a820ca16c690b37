package io.bpf4j.map;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `BPF_MAP_TYPE_ARRAY` (kernel/bpf/arraymap.c): values in a row, indexed by a u32, all there from
/// the start. A map of one element may hold global data, whose bytes programs address directly.
///
/// Values stand at a power-of-two stride; an update copies in place, so that a program on another
/// CPU may see a value half written, as in the kernel.
final class ArrayMap extends IndexedMap {
  private final MapMemory memory;
  private final long base;
  private final int shift;
  private final int valueSize;
  private final List<Region> regions;

  ArrayMap(MapSpec spec) {
    super(spec);
    this.valueSize = spec.valueSize();
    long stride = MapMemory.stride(valueSize);
    this.memory = MapMemory.allocate(spec.name(), entries(spec), stride);
    this.base = memory.address();
    this.shift = Long.numberOfTrailingZeros(stride);
    this.regions = List.of(valueRegion(base, memory.bytes(), stride));
    byte @Nullable [] contents = spec.contents();
    if (contents != null) {
      Memory.putBytes(base, contents);
    }
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return regions;
  }

  /// Only maps of one element have a direct address (arraymap.c array_map_direct_value_addr).
  @Override
  public long directValueAddress() {
    return maxEntries == 1 ? base : 0;
  }

  @Override
  public long valueAddress(int index) {
    return Integer.compareUnsigned(index, maxEntries) < 0
        ? base + (Integer.toUnsignedLong(index) << shift)
        : 0;
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    int index = Memory.getInt(keyAddress);
    return Integer.compareUnsigned(index, maxEntries) < 0
        ? base + (Integer.toUnsignedLong(index) << shift)
        : 0;
  }

  @Override
  public long update(Cpu cpu, long keyAddress, long valueAddress, long flags) {
    int index = Memory.getInt(keyAddress);
    long refused = refusal(index, flags);
    if (refused == 0) {
      Words.copy(valueAddress, base + (Integer.toUnsignedLong(index) << shift), valueSize);
    }
    return refused;
  }

  @Override
  protected byte[] read(int index) {
    return copyOut(base + (Integer.toUnsignedLong(index) << shift), valueSize);
  }

  @Override
  protected void write(int index, byte[] value) {
    Memory.putBytes(base + (Integer.toUnsignedLong(index) << shift), value);
  }
}
