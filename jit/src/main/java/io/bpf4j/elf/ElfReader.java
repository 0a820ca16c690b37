package io.bpf4j.elf;

import io.bpf4j.btf.ByteSpan;
import io.bpf4j.btf.StringTable;
import io.bpf4j.error.ElfFormatException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes an ELF file apart: 64-bit, little-endian, relocatable, for BPF (elf(5)). Every place is
/// tested against the file, and sections may not overlap, so that what is read is never more than
/// the file holds.
final class ElfReader {
  private static final int HEADER = 64;
  private static final int SECTION_ENTRY = 64;
  private static final int SYMBOL_ENTRY = 24;
  private static final int REL_ENTRY = 16;
  private static final int ELFCLASS64 = 2;
  private static final int ELFDATA2LSB = 1;
  private static final int ELFDATA2MSB = 2;
  private static final int ET_REL = 1;
  private static final int EM_NONE = 0;
  private static final int EM_BPF = 247;
  private static final int SHN_XINDEX = 0xffff;

  private final ByteSpan file;

  private ElfReader(ByteSpan file) {
    this.file = file;
  }

  /// Reads a file; `name` is for messages.
  ///
  /// @throws ElfFormatException naming offset and rule
  static ElfFile read(String name, byte[] bytes) {
    return new ElfReader(ByteSpan.of(name, bytes)).read();
  }

  private ElfFile read() {
    checkHeader();
    List<ElfSection> sections = sections();
    checkOverlap(sections);
    List<ElfSymbol> symbols = List.of();
    int symbolTable = 0;
    for (ElfSection section : sections) {
      if (section.type() == ElfSection.SHT_SYMTAB && symbolTable == 0) {
        symbolTable = section.index();
        symbols = symbols(section, sections);
      }
    }
    return new ElfFile(file, sections, symbols, relocations(sections, symbols, symbolTable));
  }

  private void checkHeader() {
    if (file.length() < HEADER || file.i32(0) != 0x464c457f) {
      throw file.error(
          0, file.length() == 0 ? "the file is empty" : "no ELF file: it must start with 7f 'ELF'");
    }
    require(file.u8(4) == ELFCLASS64, 4, "must be ELFCLASS64 (2), not " + file.u8(4));
    require(
        file.u8(5) != ELFDATA2MSB,
        5,
        "a big-endian object; only little-endian ones are read (clang -target bpfel)");
    require(file.u8(5) == ELFDATA2LSB, 5, "must be ELFDATA2LSB (1), not " + file.u8(5));
    require(
        file.u16(16) == ET_REL, 16, "e_type must be ET_REL (1), not %d".formatted(file.u16(16)));
    int machine = file.u16(18);
    require(
        machine == EM_BPF || machine == EM_NONE,
        18,
        "e_machine must be EM_BPF (247) or 0, not " + machine);
  }

  private void require(boolean holds, long at, String rule) {
    if (!holds) {
      throw file.error(at, rule);
    }
  }

  private List<ElfSection> sections() {
    long table = file.i64(40);
    int entry = file.u16(58);
    long count = file.u16(60);
    int names = file.u16(62);
    require(table > 0, 40, "there is no section table");
    require(entry == SECTION_ENTRY, 58, "e_shentsize must be " + SECTION_ENTRY + ", not " + entry);
    ByteSpan first = file.slice(table, SECTION_ENTRY, "the section table");
    if (count == 0) {
      count = first.i64(32);
      require(count > 0 && count < Integer.MAX_VALUE, table + 32, "no number of sections");
    }
    if (names == SHN_XINDEX) {
      names = first.i32(40);
    }
    ByteSpan headers = file.slice(table, count * SECTION_ENTRY, "the section table");
    require(
        names >= 0 && names < count, 62, "e_shstrndx %d of %d sections".formatted(names, count));
    StringTable strings =
        new StringTable(contents(headers, (long) names * SECTION_ENTRY, "the section names"));
    List<ElfSection> sections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sections.add(section(headers, i, strings));
    }
    return sections;
  }

  private ByteSpan contents(ByteSpan headers, long at, String what) {
    return file.slice(headers.i64(at + 24), headers.i64(at + 32), what);
  }

  private ElfSection section(ByteSpan headers, int index, StringTable strings) {
    long at = (long) index * SECTION_ENTRY;
    int type = headers.i32(at + 4);
    String name = type == ElfSection.SHT_NULL ? "" : strings.at(headers.u32(at));
    long size = headers.i64(at + 32);
    boolean inFile = type != ElfSection.SHT_NULL && type != ElfSection.SHT_NOBITS;
    if (size < 0 && type != ElfSection.SHT_NULL) {
      throw headers.error(at + 32, "section '%s' of 0x%x bytes".formatted(name, size));
    }
    ByteSpan bytes =
        inFile
            ? contents(headers, at, "section '" + name + "'")
            : headers.slice(at, 0, "section '" + name + "'");
    return new ElfSection(
        index,
        name,
        type,
        headers.i64(at + 8),
        headers.i32(at + 40),
        headers.i32(at + 44),
        size,
        bytes);
  }

  private void checkOverlap(List<ElfSection> sections) {
    List<ElfSection> filled =
        sections.stream()
            .filter(s -> s.bytes().length() > 0)
            .sorted(Comparator.comparingLong(s -> s.bytes().start()))
            .toList();
    @Nullable ElfSection before = null;
    for (ElfSection section : filled) {
      if (before != null && before.bytes().start() + before.size() > section.bytes().start()) {
        throw section
            .bytes()
            .error(0, "section '%s' overlaps '%s'".formatted(section.name(), before.name()));
      }
      before = section;
    }
  }

  private List<ElfSymbol> symbols(ElfSection table, List<ElfSection> sections) {
    ByteSpan bytes = table.bytes();
    checkEntries(table, SYMBOL_ENTRY);
    if (table.link() < 0 || table.link() >= sections.size()) {
      throw bytes.error(0, "the symbols' strings are in section " + table.link());
    }
    StringTable strings = new StringTable(sections.get(table.link()).bytes());
    List<ElfSymbol> symbols = new ArrayList<>();
    for (int at = 0; at < bytes.length(); at += SYMBOL_ENTRY) {
      int info = bytes.u8(at + 4);
      symbols.add(
          new ElfSymbol(
              strings.at(bytes.u32(at)),
              bytes.i64(at + 8),
              bytes.i64(at + 16),
              info & 15,
              info >>> 4,
              bytes.u16(at + 6)));
    }
    return symbols;
  }

  private static void checkEntries(ElfSection table, int entry) {
    if (table.bytes().length() % entry != 0) {
      throw table
          .bytes()
          .error(
              0,
              "section '%s' of %d bytes holds entries of %d"
                  .formatted(table.name(), table.bytes().length(), entry));
    }
  }

  private Map<Integer, List<ElfReloc>> relocations(
      List<ElfSection> sections, List<ElfSymbol> symbols, int symbolTable) {
    Map<Integer, List<ElfReloc>> bySection = new HashMap<>();
    for (ElfSection table : sections) {
      if (table.type() == ElfSection.SHT_RELA && patchesCode(table, sections)) {
        throw table.bytes().error(0, "section '" + table.name() + "': BPF knows no RELA entries");
      }
      if (table.type() != ElfSection.SHT_REL) {
        continue;
      }
      if (table.info() <= 0 || table.info() >= sections.size()) {
        throw table
            .bytes()
            .error(0, "section '%s' patches section %d".formatted(table.name(), table.info()));
      }
      if (table.link() != symbolTable) {
        throw table
            .bytes()
            .error(0, "section '%s' needs symbols in %d".formatted(table.name(), table.link()));
      }
      bySection
          .computeIfAbsent(table.info(), _ -> new ArrayList<>())
          .addAll(entries(table, sections.get(table.info()), symbols));
    }
    bySection.values().forEach(list -> list.sort(Comparator.comparingLong(ElfReloc::offset)));
    return bySection;
  }

  private static boolean patchesCode(ElfSection table, List<ElfSection> sections) {
    return table.info() > 0 && table.info() < sections.size() && sections.get(table.info()).code();
  }

  private static List<ElfReloc> entries(
      ElfSection table, ElfSection target, List<ElfSymbol> symbols) {
    ByteSpan bytes = table.bytes();
    checkEntries(table, REL_ENTRY);
    List<ElfReloc> entries = new ArrayList<>();
    for (int at = 0; at < bytes.length(); at += REL_ENTRY) {
      long offset = bytes.i64(at);
      long symbol = bytes.u32(at + 12);
      if (offset < 0 || offset >= target.size()) {
        throw bytes.error(
            at,
            "a relocation at 0x%x of section '%s', which has 0x%x bytes"
                .formatted(offset, target.name(), target.size()));
      }
      if (symbol >= symbols.size()) {
        throw bytes.error(at + 12, "symbol %d of %d".formatted(symbol, symbols.size()));
      }
      entries.add(
          new ElfReloc(offset, bytes.i32(at + 8), symbols.get((int) symbol), bytes.start() + at));
    }
    return entries;
  }
}
