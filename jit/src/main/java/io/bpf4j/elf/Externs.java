package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Symbols that the object leaves to the kernel: configuration values (BTF section `.kconfig`),
/// kernel variables and functions (`.ksyms`). No kernel stands behind a simulation, so weak ones
/// are 0, as libbpf makes those the kernel lacks; programs that need strong ones cannot be used.
final class Externs {
  private static final String KCONFIG = ".kconfig";
  private static final String KSYMS = ".ksyms";

  /// A kernel has some thousand options; a damaged object shall not fill the heap.
  private static final int MOST_CONFIG_BYTES = 1 << 20;

  private final MapTable maps;
  private final Map<String, Integer> configOffsets = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Set<String> ksyms = new HashSet<>();
  private final @Nullable Btf btf;
  private int configBytes;
  private int configMap = -1;

  Externs(MapTable maps, @Nullable Btf btf) {
    this.maps = maps;
    this.btf = btf;
    if (btf != null) {
      variables(btf, KCONFIG).forEach(placed -> place(btf, placed));
      variables(btf, KSYMS).forEach(placed -> ksyms.add(btf.type(placed.type()).name()));
    }
  }

  private static List<BtfType.Placed> variables(Btf btf, String section) {
    BtfType.DataSec found = btf.section(section);
    return found == null ? List.of() : found.vars();
  }

  /// Values stand one behind the other, aligned to eight bytes, which suits every type.
  private void place(Btf btf, BtfType.Placed placed) {
    long size = btf.sizeOf(placed.type());
    if (size <= 4096 && configBytes < MOST_CONFIG_BYTES) {
      configOffsets.put(btf.type(placed.type()).name(), configBytes);
      configBytes += (int) (size + 7) / 8 * 8;
    }
  }

  /// What an address load of the symbol refers to.
  Reference address(ElfSymbol symbol) {
    Integer offset = configOffsets.get(symbol.name());
    if (!symbol.weak()) {
      String kind =
          offset != null ? " of " + KCONFIG : ksyms.contains(symbol.name()) ? " of " + KSYMS : "";
      return unprovided(symbol, kind);
    }
    return offset == null ? new Reference.ToNumber(0) : new Reference.ToData(configMap(), offset);
  }

  /// What a call of the symbol refers to.
  Reference call(ElfSymbol symbol) {
    return symbol.weak()
        ? new Reference.ToNothing(numbers.computeIfAbsent(symbol.name(), _ -> numbers.size()))
        : unprovided(symbol, ksyms.contains(symbol.name()) ? ", a kernel function," : "");
  }

  private static Reference unprovided(ElfSymbol symbol, String kind) {
    return new Reference.Unresolved(
        "extern '%s'%s is not weak, and nothing provides it".formatted(symbol.name(), kind));
  }

  /// Made when the first weak value is referred to: zeros.
  private int configMap() {
    if (configMap < 0) {
      int type = btf == null ? 0 : btf.sectionId(KCONFIG);
      configMap = maps.add(DataMaps.spec(KCONFIG, new byte[configBytes], true, type));
    }
    return configMap;
  }
}
