package io.bpf4j.elf;

import io.bpf4j.btf.Btf;
import io.bpf4j.btf.BtfType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Symbols that the object leaves to the kernel: configuration values (BTF section `.kconfig`),
/// kernel variables and functions (`.ksyms`). No kernel stands behind a simulation, so weak ones
/// are 0, as libbpf makes those the kernel lacks; programs that need strong ones cannot be used.
final class Externs {
  private static final String KCONFIG = ".kconfig";
  private static final String KSYMS = ".ksyms";

  private final MapTable maps;
  private final Map<String, Integer> configOffsets = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final @Nullable Btf btf;
  private int configBytes;
  private int configMap = -1;

  Externs(MapTable maps, @Nullable Btf btf) {
    this.maps = maps;
    this.btf = btf;
    BtfType.DataSec config = btf == null ? null : btf.section(KCONFIG);
    if (btf != null && config != null) {
      for (BtfType.Placed placed : config.vars()) {
        place(btf, placed);
      }
    }
  }

  /// Values stand one behind the other, aligned to eight bytes, which suits every type.
  private void place(Btf btf, BtfType.Placed placed) {
    long size = btf.sizeOf(placed.type());
    if (size <= 4096) {
      configOffsets.put(btf.type(placed.type()).name(), configBytes);
      configBytes += (int) (size + 7) / 8 * 8;
    }
  }

  /// What an address load of the symbol refers to.
  Reference address(ElfSymbol symbol) {
    Integer offset = configOffsets.get(symbol.name());
    if (!symbol.weak()) {
      String kind = offset != null ? " of " + KCONFIG : inKsyms(symbol) ? " of " + KSYMS : "";
      return unprovided(symbol, kind);
    }
    return offset == null ? new Reference.ToNumber(0) : new Reference.ToData(configMap(), offset);
  }

  /// What a call of the symbol refers to.
  Reference call(ElfSymbol symbol) {
    return symbol.weak()
        ? new Reference.ToNothing(numbers.computeIfAbsent(symbol.name(), _ -> numbers.size()))
        : unprovided(symbol, inKsyms(symbol) ? ", a kernel function," : "");
  }

  private static Reference unprovided(ElfSymbol symbol, String kind) {
    return new Reference.Unresolved(
        "extern '%s'%s is not weak, and nothing provides it".formatted(symbol.name(), kind));
  }

  private boolean inKsyms(ElfSymbol symbol) {
    Btf types = btf;
    BtfType.DataSec section = types == null ? null : types.section(KSYMS);
    return types != null
        && section != null
        && section.vars().stream().anyMatch(v -> types.type(v.type()).name().equals(symbol.name()));
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
