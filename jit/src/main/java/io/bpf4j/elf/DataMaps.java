package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import io.bpf4j.prog.GlobalVar;
import io.bpf4j.prog.MapSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Global data: `.data`, `.rodata`, `.bss` and those with something behind a dot (`.rodata.str1.1`,
/// `.data.config`). Each is an array of one element whose value is the section, as libbpf makes it;
/// read-only data is frozen.
final class DataMaps {
  /// Kernels have no such limit; it keeps a damaged `.bss` from taking all memory.
  private static final long MOST_BYTES = 1L << 26;

  private DataMaps() {}

  static List<PlacedMap> read(ElfFile elf, @Nullable Btf btf) {
    List<PlacedMap> maps = new ArrayList<>();
    long total = 0;
    for (ElfSection section : elf.sections()) {
      if (!isData(section) || section.size() == 0) {
        continue;
      }
      total += section.size();
      if (section.size() > MOST_BYTES || total > MOST_BYTES) {
        throw ElfFile.error(section, 0, "more than 64 MiB of global data");
      }
      maps.add(new PlacedMap(section.index(), 0, true, spec(section, btf)));
    }
    return maps;
  }

  private static boolean isData(ElfSection section) {
    return section.data()
        && (section.named(".data") || section.named(".rodata") || section.named(".bss"));
  }

  private static MapSpec spec(ElfSection section, @Nullable Btf btf) {
    boolean readOnly = section.named(".rodata");
    byte[] contents =
        section.type() == ElfSection.SHT_NOBITS
            ? new byte[(int) section.size()]
            : section.bytes().bytes();
    return spec(
        section.name(), contents, readOnly, btf == null ? 0 : btf.sectionId(section.name()));
  }

  static MapSpec spec(String name, byte[] contents, boolean readOnly, int typeId) {
    return new MapSpec(
        name,
        MapTypes.ARRAY,
        4,
        contents.length,
        1,
        MapTypes.BPF_F_MMAPABLE | (readOnly ? MapTypes.BPF_F_RDONLY_PROG : 0),
        0,
        contents,
        readOnly,
        null,
        Map.of(),
        0,
        typeId,
        0);
  }

  /// The variables of data maps, in their order.
  static List<GlobalVar> variables(ElfFile elf, @Nullable Btf btf, List<PlacedMap> maps) {
    List<GlobalVar> variables = new ArrayList<>();
    for (PlacedMap map : maps) {
      if (!map.data() || map.section() == 0) {
        continue;
      }
      Map<Long, Integer> types = types(btf, map);
      elf.symbolsIn(elf.sections().get(map.section())).stream()
          .filter(s -> s.type() == ElfSymbol.STT_OBJECT && !s.name().isEmpty())
          .filter(s -> s.value() >= 0 && s.value() <= map.spec().valueSize())
          .filter(s -> s.size() >= 0 && s.size() <= map.spec().valueSize() - s.value())
          .sorted(Comparator.comparingLong(ElfSymbol::value))
          .map(s ->
              new GlobalVar(
                  s.name(),
                  map.spec().name(),
                  (int) s.value(),
                  (int) s.size(),
                  types.getOrDefault(s.value(), 0)))
          .forEach(variables::add);
    }
    return variables;
  }

  private static Map<Long, Integer> types(@Nullable Btf btf, PlacedMap map) {
    Map<Long, Integer> types = new HashMap<>();
    if (btf != null && btf.type(map.spec().valueTypeId()) instanceof BtfType.DataSec section) {
      for (BtfType.Placed placed : section.vars()) {
        if (btf.type(placed.type()) instanceof BtfType.Var var) {
          types.put(placed.offset(), var.type());
        }
      }
    }
    return types;
  }
}
