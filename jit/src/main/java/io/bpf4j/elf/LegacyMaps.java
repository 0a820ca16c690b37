package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.btf.ByteSpan;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The maps of sections `maps` and `maps/...`, where each is a record of numbers; what a record
/// holds beyond the first four depends on who wrote the object:
///
/// ```
///  0 type | 4 key_size | 8 value_size | 12 max_entries | 16 map_flags      all
/// 20 inner_map_idx | 24 numa_node                                          kernel samples, 28 bytes
/// 20 id | 24 pinning | 28 inner_id | 32 inner_idx                          iproute2, 36 bytes
/// ```
///
/// A record is as long as the section divided by its symbols.
final class LegacyMaps {
  private static final int SHORTEST = 16;
  private static final int WITH_FLAGS = 20;
  private static final int SAMPLES = 28;
  private static final int IPROUTE2 = 36;

  private final ElfFile elf;
  private final @Nullable Btf btf;
  private final List<Definition> found = new ArrayList<>();

  /// iproute2's maps by their ids, and by the ids of the maps they go into.
  private final Map<Integer, Definition> byId = new HashMap<>();

  private final Map<Integer, List<Definition>> byOuter = new HashMap<>();

  private LegacyMaps(ElfFile elf, @Nullable Btf btf) {
    this.elf = elf;
    this.btf = btf;
  }

  private record Definition(ElfSection section, ElfSymbol symbol, ByteSpan record, MapSpec spec) {
    int number(int at) {
      return record.i32(at);
    }

    boolean iproute2() {
      return record.length() == IPROUTE2;
    }
  }

  static List<PlacedMap> read(ElfFile elf, @Nullable Btf btf) {
    LegacyMaps maps = new LegacyMaps(elf, btf);
    for (ElfSection section : elf.sections()) {
      if (section.data() && (section.name().equals("maps") || section.name().startsWith("maps/"))) {
        maps.read(section);
      }
    }
    return maps.linked();
  }

  private void read(ElfSection section) {
    List<ElfSymbol> symbols =
        elf.symbolsIn(section).stream()
            .filter(s -> s.variable() && !s.name().isEmpty())
            .sorted(Comparator.comparingLong(ElfSymbol::value))
            .toList();
    if (symbols.isEmpty()) {
      return;
    }
    long stride = section.size() / symbols.size();
    if (section.size() % symbols.size() != 0 || stride < SHORTEST) {
      throw ElfFile.error(
          section,
          0,
          "%d bytes for %d maps, at least %d a map"
              .formatted(section.size(), symbols.size(), SHORTEST));
    }
    for (ElfSymbol symbol : symbols) {
      if (symbol.value() < 0 || symbol.value() % stride != 0) {
        throw ElfFile.error(
            section,
            0,
            "map '%s' at 0x%x, where records of %d bytes do not start"
                .formatted(symbol.name(), symbol.value(), stride));
      }
      ByteSpan record = section.bytes().slice(symbol.value(), stride, "map " + symbol.name());
      add(new Definition(section, symbol, record, spec(symbol.name(), record)));
    }
  }

  private void add(Definition map) {
    found.add(map);
    if (map.iproute2()) {
      byId.putIfAbsent(map.number(20), map);
      byOuter.computeIfAbsent(map.number(28), _ -> new ArrayList<>()).add(map);
    }
  }

  private MapSpec spec(String name, ByteSpan record) {
    int type = record.i32(0);
    boolean unsized = MapTypes.unsized(type);
    return new MapSpec(
        name,
        type,
        unsized ? 0 : record.i32(4),
        unsized ? 0 : record.i32(8),
        record.i32(12),
        record.length() >= WITH_FLAGS ? record.i32(16) : 0,
        0,
        null,
        false,
        null,
        Map.of(),
        annotated(name, "key"),
        annotated(name, "value"),
        record.length() == IPROUTE2 ? record.i32(24) : 0);
  }

  /// Old libbpf: `struct ____btf_map_NAME { K key; V value; }` tells the types.
  private int annotated(String map, String member) {
    int id = btf == null ? 0 : btf.idOf("____btf_map_" + map, t -> t instanceof BtfType.Struct);
    return btf != null && btf.type(id) instanceof BtfType.Struct struct
        ? struct.members().stream()
            .filter(m -> m.name().equals(member))
            .map(BtfType.Member::type)
            .findFirst()
            .orElse(0)
        : 0;
  }

  private List<PlacedMap> linked() {
    List<PlacedMap> maps = new ArrayList<>();
    for (Definition map : found) {
      MapSpec inner = MapTypes.ofMaps(map.spec().type()) ? inner(map) : null;
      maps.add(
          new PlacedMap(
              map.section().index(),
              map.symbol().value(),
              false,
              inner == null ? map.spec() : withInner(map.spec(), inner, initial(map))));
    }
    return maps;
  }

  /// iproute2 names the inner map by its id, the kernel's samples by its place.
  private @Nullable MapSpec inner(Definition outer) {
    Definition inner = null;
    if (outer.iproute2()) {
      inner = outer.number(28) == 0 ? null : byId.get(outer.number(28));
    } else if (outer.record().length() == SAMPLES) {
      int index = outer.number(20);
      inner = index >= 0 && index < found.size() ? found.get(index) : null;
    }
    return inner == null || inner.symbol().equals(outer.symbol()) ? null : inner.spec();
  }

  /// iproute2: a map whose inner_id is the id of a map of maps goes into its slot inner_idx.
  private Map<Integer, String> initial(Definition outer) {
    Map<Integer, String> initial = new HashMap<>();
    if (outer.iproute2() && outer.number(20) != 0) {
      for (Definition map : byOuter.getOrDefault(outer.number(20), List.of())) {
        if (!MapTypes.ofMaps(map.spec().type())) {
          initial.put(map.number(32), map.spec().name());
        }
      }
    }
    return initial;
  }

  private static MapSpec withInner(MapSpec map, MapSpec inner, Map<Integer, String> initial) {
    return new MapSpec(
        map.name(),
        map.type(),
        map.keySize(),
        map.valueSize(),
        map.maxEntries(),
        map.flags(),
        map.mapExtra(),
        map.contents(),
        map.frozen(),
        inner,
        initial,
        map.keyTypeId(),
        map.valueTypeId(),
        map.pinning());
  }
}
