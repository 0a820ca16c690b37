package io.bpf4j.map;

import io.bpf4j.mem.Region;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// All live maps of this JVM by id, held weakly: how a helper that got a map's pointer as a number
/// finds the map. Finding allocates nothing and takes no lock. Ids are handed out once.
final class MapRegistry {
  private static final int FIRST_CAPACITY = 1024;

  private static volatile AtomicReferenceArray<@Nullable WeakReference<RuntimeMap>> byId =
      new AtomicReferenceArray<>(FIRST_CAPACITY);
  private static int lastId;

  private MapRegistry() {}

  /// The id of a new map.
  static synchronized int nextId() {
    return ++lastId;
  }

  /// Makes a finished map findable.
  static synchronized void publish(RuntimeMap map) {
    AtomicReferenceArray<@Nullable WeakReference<RuntimeMap>> table = byId;
    int id = map.id();
    if (id >= table.length()) {
      AtomicReferenceArray<@Nullable WeakReference<RuntimeMap>> larger =
          new AtomicReferenceArray<>(2 * id);
      for (int i = 1; i < table.length(); i++) {
        WeakReference<RuntimeMap> ref = table.get(i);
        larger.set(i, ref == null || ref.refersTo(null) ? null : ref);
      }
      table = larger;
      byId = larger;
    }
    table.set(id, new WeakReference<>(map));
  }

  /// The map with this id, or null.
  static @Nullable RuntimeMap find(int id) {
    AtomicReferenceArray<@Nullable WeakReference<RuntimeMap>> table = byId;
    if (id <= 0 || id >= table.length()) {
      return null;
    }
    WeakReference<RuntimeMap> ref = table.get(id);
    return ref == null ? null : ref.get();
  }

  /// The map one of whose values holds the address as seen from a CPU, or null. Walks all maps: for
  /// rare needs such as printing a string.
  static @Nullable RuntimeMap holding(int cpu, long address) {
    AtomicReferenceArray<@Nullable WeakReference<RuntimeMap>> table = byId;
    for (int id = 1; id < table.length(); id++) {
      RuntimeMap map = find(id);
      if (map != null) {
        for (Region region : map.valueRegions(cpu)) {
          if (region.holds(address, 1)) {
            return map;
          }
        }
      }
    }
    return null;
  }
}
