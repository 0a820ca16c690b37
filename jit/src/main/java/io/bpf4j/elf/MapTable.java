package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// All maps of an object, found by where relocations lead.
final class MapTable {
  private record Place(int section, long offset) {}

  private final List<PlacedMap> maps = new ArrayList<>();
  private final Map<Place, Integer> definitions = new HashMap<>();
  private final Map<Integer, Integer> data = new HashMap<>();
  private final Set<Integer> definitionSections = new HashSet<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, Integer> copies = new HashMap<>();

  MapTable(ElfFile elf, @Nullable Btf btf) {
    BtfMaps.read(elf, btf).forEach(this::add);
    LegacyMaps.read(elf, btf).forEach(this::add);
    DataMaps.read(elf, btf).forEach(this::add);
  }

  /// Adds a map that is in no section, and returns its index.
  int add(MapSpec spec) {
    return add(new PlacedMap(0, 0, true, spec));
  }

  private int add(PlacedMap given) {
    PlacedMap map = named(given);
    int index = maps.size();
    maps.add(map);
    if (map.data()) {
      data.put(map.section(), index);
    } else {
      definitions.put(new Place(map.section(), map.offset()), index);
      definitionSections.add(map.section());
    }
    return index;
  }

  /// Maps are found by name, so each has one of its own: compilers may write several sections of
  /// one name.
  private PlacedMap named(PlacedMap map) {
    String name = map.spec().name();
    String unique = name;
    while (!names.add(unique)) {
      unique = name + "#" + copies.merge(name, 2, (last, _) -> last + 1);
    }
    return unique.equals(name)
        ? map
        : new PlacedMap(map.section(), map.offset(), map.data(), renamed(map.spec(), unique));
  }

  private static MapSpec renamed(MapSpec map, String name) {
    return new MapSpec(
        name,
        map.type(),
        map.keySize(),
        map.valueSize(),
        map.maxEntries(),
        map.flags(),
        map.mapExtra(),
        map.contents(),
        map.frozen(),
        map.inner(),
        map.initial(),
        map.keyTypeId(),
        map.valueTypeId(),
        map.pinning());
  }

  List<PlacedMap> all() {
    return maps;
  }

  /// The index of the map whose definition starts here, or -1.
  int definedAt(int section, long offset) {
    return definitions.getOrDefault(new Place(section, offset), -1);
  }

  /// Whether a section holds definitions of maps.
  boolean defines(int section) {
    return definitionSections.contains(section);
  }

  /// The index of the map that a section's bytes are the value of, or -1.
  int ofData(int section) {
    return data.getOrDefault(section, -1);
  }

  String name(int index) {
    return maps.get(index).spec().name();
  }
}
