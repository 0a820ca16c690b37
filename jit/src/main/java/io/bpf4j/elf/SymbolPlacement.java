package io.bpf4j.elf;

import io.bpf4j.btf.Placement;
import java.util.HashMap;
import java.util.Map;

/// Where sections and variables are, told by the symbol table. A name that two variables share (of
/// two functions, say) tells nothing; BTF then holds the offset itself.
final class SymbolPlacement implements Placement {
  private static final long AMBIGUOUS = -1;

  private record Key(String section, String variable) {}

  private final ElfFile elf;
  private final Map<Key, Long> offsets = new HashMap<>();

  SymbolPlacement(ElfFile elf) {
    this.elf = elf;
    for (ElfSymbol symbol : elf.symbols()) {
      ElfSection section = elf.sectionOf(symbol);
      if (section != null && symbol.type() == ElfSymbol.STT_OBJECT && symbol.value() >= 0) {
        offsets.merge(new Key(section.name(), symbol.name()), symbol.value(), (_, _) -> AMBIGUOUS);
      }
    }
  }

  @Override
  public long sizeOf(String section) {
    ElfSection found = elf.section(section);
    return found == null ? -1 : found.size();
  }

  @Override
  public long offsetOf(String section, String variable) {
    return offsets.getOrDefault(new Key(section, variable), AMBIGUOUS);
  }
}
