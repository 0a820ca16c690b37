package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.btf.MapDef;
import io.bpf4j.btf.MapDefReader;
import io.bpf4j.error.ElfFormatException;
import io.bpf4j.prog.MapSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The maps of section `.maps`: their definitions from BTF, the maps and programs they start with
/// from the section's relocations.
final class BtfMaps {
  private static final int SLOT = 8;

  private final ElfFile elf;
  private final ElfSection section;
  private final TreeMap<Long, MapDef> definitions = new TreeMap<>();
  private final Map<Long, Map<Integer, String>> initial = new HashMap<>();

  private BtfMaps(ElfFile elf, ElfSection section) {
    this.elf = elf;
    this.section = section;
  }

  /// @throws ElfFormatException when there are such maps, and BTF does not define them
  static List<PlacedMap> read(ElfFile elf, @Nullable Btf btf) {
    ElfSection section = elf.section(".maps");
    if (section == null || section.size() == 0) {
      return List.of();
    }
    BtfType.DataSec variables = btf == null ? null : btf.section(section.name());
    if (btf == null || variables == null) {
      throw ElfFile.error(section, 0, "its maps are defined by BTF, and there is none");
    }
    BtfMaps maps = new BtfMaps(elf, section);
    MapDefReader reader = new MapDefReader(btf, rule -> ElfFile.error(section, 0, rule));
    for (MapDef definition : reader.read(variables)) {
      maps.definitions.putIfAbsent(definition.offset(), definition);
    }
    elf.relocationsOf(section).forEach(maps::fill);
    return maps.definitions.values().stream().map(maps::placed).toList();
  }

  private PlacedMap placed(MapDef definition) {
    MapDef inner = definition.inner();
    return new PlacedMap(
        section.index(),
        definition.offset(),
        false,
        spec(
            definition,
            inner == null ? null : spec(inner, null, Map.of()),
            initial.getOrDefault(definition.offset(), Map.of())));
  }

  private static MapSpec spec(
      MapDef definition, @Nullable MapSpec inner, Map<Integer, String> initial) {
    boolean unsized = MapTypes.unsized(definition.type());
    return new MapSpec(
        definition.name(),
        definition.type(),
        unsized ? 0 : definition.keySize(),
        unsized ? 0 : definition.valueSize(),
        definition.maxEntries(),
        definition.flags(),
        definition.extra(),
        null,
        false,
        inner,
        initial,
        unsized ? 0 : definition.keyType(),
        unsized ? 0 : definition.valueType(),
        definition.pinning());
  }

  /// A relocation inside member `values`: the slot starts with that map or program.
  private void fill(ElfReloc reloc) {
    if (reloc.type() == ElfReloc.R_BPF_NONE) {
      return;
    }
    Map.Entry<Long, MapDef> owner = definitions.floorEntry(reloc.offset());
    MapDef map = owner == null ? null : owner.getValue();
    long slots = map == null ? -1 : reloc.offset() - map.offset() - map.valuesOffset();
    if (map == null || map.valuesOffset() < 0 || slots < 0 || slots % SLOT != 0) {
      throw broken(
          reloc, "a relocation at 0x%x, where no map has a slot".formatted(reloc.offset()));
    }
    initial
        .computeIfAbsent(map.offset(), _ -> new HashMap<>())
        .put((int) (slots / SLOT), target(reloc));
  }

  private String target(ElfReloc reloc) {
    ElfSymbol symbol = reloc.symbol();
    if (symbol.type() != ElfSymbol.STT_SECTION && !symbol.name().isEmpty()) {
      return symbol.name();
    }
    ElfSection target = elf.sectionOf(symbol);
    long offset = symbol.value() + section.bytes().i64(reloc.offset());
    MapDef map = symbol.section() == section.index() ? definitions.get(offset) : null;
    if (map != null) {
      return map.name();
    }
    if (target != null) {
      for (ElfSymbol function : elf.symbolsIn(target)) {
        if (function.type() == ElfSymbol.STT_FUNC && function.value() == offset) {
          return function.name();
        }
      }
    }
    throw broken(reloc, "a slot at 0x%x with neither map nor program".formatted(reloc.offset()));
  }

  private ElfFormatException broken(ElfReloc reloc, String rule) {
    return elf.span().error(reloc.entryOffset(), "section '" + section.name() + "': " + rule);
  }
}
