package io.bpf4j.conformance;

import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An array of values of 12 bytes, 16 apart, under keys of 4 bytes: small enough to show every rule
/// of map values.
public final class ToyMap implements BpfMap {
  public static final int TYPE = 2;
  public static final int VALUE_BYTES = 12;
  public static final int STRIDE = 16;
  private static final AtomicInteger NEXT = new AtomicInteger(1);
  private static final List<ToyMap> LIVE = new CopyOnWriteArrayList<>();

  private final MapSpec spec;
  private final int id = NEXT.getAndIncrement();
  private final long base;
  private final Arena arena = Arena.ofAuto();
  private final boolean writable;

  private ToyMap(String name, int entries, boolean writable) {
    this.spec = MapSpec.of(name, TYPE, 4, VALUE_BYTES, entries, 0);
    this.writable = writable;
    this.base = arena.allocate((long) STRIDE * entries, 16).address();
  }

  public static ToyMap of(String name, int entries) {
    return live(new ToyMap(name, entries, true));
  }

  /// One that programs may not store to.
  public static ToyMap readOnly(String name, int entries) {
    return live(new ToyMap(name, entries, false));
  }

  private static ToyMap live(ToyMap map) {
    LIVE.add(map);
    return map;
  }

  static @Nullable ToyMap ofPointer(long pointer) {
    for (int i = 0; i < LIVE.size(); i++) {
      if (LIVE.get(i).pointer() == pointer) {
        return LIVE.get(i);
      }
    }
    return null;
  }

  long lookup(long keyAddress) {
    long key = Integer.toUnsignedLong(Memory.getInt(keyAddress));
    return key < spec.maxEntries() ? value((int) key) : 0;
  }

  /// The address of an element.
  public long value(int index) {
    return base + (long) STRIDE * index;
  }

  @Override
  public MapSpec spec() {
    return spec;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public List<Region> valueRegions(int cpu) {
    return List.of(
        new Region(
            Region.Kind.MAP_VALUE,
            "map '" + spec.name() + "'",
            base,
            (long) STRIDE * spec.maxEntries(),
            STRIDE,
            VALUE_BYTES,
            writable));
  }

  @Override
  public boolean perCpu() {
    return false;
  }

  @Override
  public long directValueAddress() {
    return base;
  }
}
