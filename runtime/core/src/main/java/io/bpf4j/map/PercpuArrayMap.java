package io.bpf4j.map;

import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.MapSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// `BPF_MAP_TYPE_PERCPU_ARRAY` (kernel/bpf/arraymap.c): an array whose elements have a value for
/// each CPU. A program sees its own CPU's; the user side reads and writes those of all CPUs at
/// once, each rounded up to 8 bytes.
final class PercpuArrayMap extends IndexedMap {
  private static final int CACHE_LINE = 64;

  private final MapMemory memory;
  private final int cpus;
  private final long base;

  /// Distance between the values of neighbouring CPUs: whole cache lines, so that CPUs do not share
  /// any.
  private final long cpuBytes;

  private final int shift;
  private final int valueSize;
  private final int roundedSize;
  private final List<List<Region>> regions;

  PercpuArrayMap(MapSpec spec, int cpus) {
    super(spec);
    this.cpus = cpus;
    this.valueSize = spec.valueSize();
    this.roundedSize = (int) MapMemory.roundUp8(valueSize);
    long stride = MapMemory.stride(valueSize);
    long used = entries(spec) * stride;
    this.shift = Long.numberOfTrailingZeros(stride);
    this.cpuBytes = used + CACHE_LINE - 1 & -CACHE_LINE;
    this.memory = MapMemory.allocate(spec.name(), cpus, cpuBytes);
    this.base = memory.address();
    this.regions =
        IntStream.range(0, cpus)
            .mapToObj(cpu -> List.of(valueRegion(base + cpu * cpuBytes, used, stride)))
            .toList();
  }

  @Override
  public boolean perCpu() {
    return true;
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return cpu < cpus ? regions.get(cpu) : List.of();
  }

  @Override
  public long lookup(Cpu cpu, long keyAddress) {
    int index = Memory.getInt(keyAddress);
    return Integer.compareUnsigned(index, maxEntries) < 0 ? value(cpu.index(), index) : 0;
  }

  @Override
  public long update(Cpu cpu, long keyAddress, long valueAddress, long flags) {
    int index = Memory.getInt(keyAddress);
    long refused = refusal(index, flags);
    if (refused == 0) {
      Words.copy(valueAddress, value(cpu.index(), index), valueSize);
    }
    return refused;
  }

  private long value(int cpu, int index) {
    if (cpu >= cpus) {
      throw new IllegalStateException(
          "map '%s' has values for %d CPUs, the program runs on CPU %d"
              .formatted(name(), cpus, cpu));
    }
    return base + cpu * cpuBytes + (Integer.toUnsignedLong(index) << shift);
  }

  @Override
  protected long userValueSize() {
    return (long) roundedSize * cpus;
  }

  @Override
  protected byte[] read(int index) {
    byte[] all = new byte[roundedSize * cpus];
    for (int cpu = 0; cpu < cpus; cpu++) {
      byte[] one = copyOut(value(cpu, index), roundedSize);
      System.arraycopy(one, 0, all, cpu * roundedSize, roundedSize);
    }
    return all;
  }

  @Override
  protected void write(int index, byte[] value) {
    for (int cpu = 0; cpu < cpus; cpu++) {
      Memory.putBytes(
          value(cpu, index), Arrays.copyOfRange(value, cpu * roundedSize, (cpu + 1) * roundedSize));
    }
  }
}
