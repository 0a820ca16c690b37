package io.bpf4j.elf;

import io.bpf4j.error.InsnFormatException;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.Insns;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The functions of an object, by section and offset.
///
/// They are its symbols of type FUNC. Compilers before clang 7 gave functions neither type nor
/// size, so in a section without any such symbol the global symbols are functions, each up to the
/// next; and a section without symbols is one function.
final class Functions {
  private final ElfFile elf;
  private final Map<Integer, NavigableMap<Long, Function>> bySection = new HashMap<>();
  private final List<Function> all = new ArrayList<>();

  Functions(ElfFile elf) {
    this.elf = elf;
    for (ElfSection section : elf.sections()) {
      if (section.code() && section.size() > 0) {
        bySection.put(section.index(), new TreeMap<>());
        read(section);
      }
    }
  }

  /// In the order of their sections and places in them.
  List<Function> all() {
    return all;
  }

  /// The function that starts at this byte offset of a section, or null.
  @Nullable Function at(int section, long offset) {
    NavigableMap<Long, Function> functions = bySection.get(section);
    return functions == null ? null : functions.get(offset);
  }

  /// The function that holds this byte offset of a section, or null.
  @Nullable Function around(int section, long offset) {
    NavigableMap<Long, Function> functions = bySection.get(section);
    Map.Entry<Long, Function> entry = functions == null ? null : functions.floorEntry(offset);
    return entry != null && offset < entry.getValue().end() ? entry.getValue() : null;
  }

  private void read(ElfSection section) {
    List<ElfSymbol> symbols = symbols(section);
    if (symbols.isEmpty()) {
      add(section, section.name(), 0, section.size(), false);
    }
    for (int i = 0; i < symbols.size(); i++) {
      ElfSymbol symbol = symbols.get(i);
      long next = i + 1 < symbols.size() ? symbols.get(i + 1).value() : section.size();
      long end = symbol.size() > 0 ? symbol.value() + symbol.size() : next;
      if (symbol.value() < 0 || symbol.size() < 0 || end < 0 || end > section.size()) {
        throw broken(section, symbol, "lies outside its section");
      }
      if (end > next) {
        throw broken(section, symbol, "overlaps '" + symbols.get(i + 1).name() + "'");
      }
      if (symbol.value() % InsnDecoder.SLOT != 0 || end % InsnDecoder.SLOT != 0) {
        throw broken(section, symbol, "is no whole number of instructions");
      }
      if (end > symbol.value()) {
        add(section, symbol.name(), symbol.value(), end, symbol.local());
      }
    }
  }

  /// One symbol a function, by ascending offset; of several names the first global one.
  private List<ElfSymbol> symbols(ElfSection section) {
    List<ElfSymbol> candidates =
        elf.symbolsIn(section).stream().filter(s -> s.type() == ElfSymbol.STT_FUNC).toList();
    if (candidates.isEmpty()) {
      candidates =
          elf.symbolsIn(section).stream()
              .filter(s -> s.type() == ElfSymbol.STT_NOTYPE && !s.local())
              .toList();
    }
    TreeMap<Long, ElfSymbol> byValue = new TreeMap<>();
    candidates.stream()
        .sorted(Comparator.comparing(ElfSymbol::local))
        .forEach(s -> byValue.putIfAbsent(s.value(), s));
    return List.copyOf(byValue.values());
  }

  private static RuntimeException broken(ElfSection section, ElfSymbol symbol, String rule) {
    return ElfFile.error(
        section,
        0,
        "function '%s' (0x%x bytes at 0x%x) %s"
            .formatted(symbol.name(), symbol.size(), symbol.value(), rule));
  }

  private void add(ElfSection section, String name, long start, long end, boolean local) {
    Insns insns;
    try {
      insns = InsnDecoder.decode(section.bytes().slice(start, end - start, "a function").bytes());
    } catch (InsnFormatException e) {
      throw ElfFile.error(
          section,
          start + (long) e.pc() * InsnDecoder.SLOT,
          "function '%s': %s".formatted(name, e.getMessage()));
    }
    Function function = new Function(name, section, start, local, insns);
    all.add(function);
    sectionOf(section).put(start, function);
  }

  private NavigableMap<Long, Function> sectionOf(ElfSection section) {
    return bySection.computeIfAbsent(section.index(), _ -> new TreeMap<>());
  }
}
