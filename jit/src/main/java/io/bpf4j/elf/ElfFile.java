package io.bpf4j.elf;

import io.bpf4j.btf.ByteSpan;
import io.bpf4j.error.ElfFormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An ELF file in parts.
final class ElfFile {
  private final ByteSpan span;
  private final List<ElfSection> sections;
  private final List<ElfSymbol> symbols;
  private final Map<Integer, List<ElfReloc>> relocations;
  private final Map<String, ElfSection> byName = new HashMap<>();
  private final Map<Integer, List<ElfSymbol>> bySection;

  ElfFile(
      ByteSpan span,
      List<ElfSection> sections,
      List<ElfSymbol> symbols,
      Map<Integer, List<ElfReloc>> relocations) {
    this.span = span;
    this.sections = List.copyOf(sections);
    this.symbols = List.copyOf(symbols);
    this.relocations = Map.copyOf(relocations);
    this.sections.forEach(s -> byName.putIfAbsent(s.name(), s));
    this.bySection = symbols.stream().collect(Collectors.groupingBy(ElfSymbol::section));
  }

  /// All bytes.
  ByteSpan span() {
    return span;
  }

  /// By index, the empty first one included.
  List<ElfSection> sections() {
    return sections;
  }

  /// By index, the empty first one included.
  List<ElfSymbol> symbols() {
    return symbols;
  }

  /// The first section with this name, or null.
  @Nullable ElfSection section(String name) {
    return byName.get(name);
  }

  /// The section a symbol is in, or null when it is in none.
  @Nullable ElfSection sectionOf(ElfSymbol symbol) {
    return symbol.section() > 0 && symbol.section() < sections.size()
        ? sections.get(symbol.section())
        : null;
  }

  /// In the order of the symbol table.
  List<ElfSymbol> symbolsIn(ElfSection section) {
    return bySection.getOrDefault(section.index(), List.of());
  }

  /// What patches a section, by ascending offset.
  List<ElfReloc> relocationsOf(ElfSection section) {
    return relocations.getOrDefault(section.index(), List.of());
  }

  /// What to throw when a section breaks a rule.
  static ElfFormatException error(ElfSection section, long at, String rule) {
    return section.bytes().error(at, "section '" + section.name() + "': " + rule);
  }
}
