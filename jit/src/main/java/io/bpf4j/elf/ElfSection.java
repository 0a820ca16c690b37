package io.bpf4j.elf;

import io.bpf4j.btf.ByteSpan;

/// A section of an ELF file.
///
/// @param index its place in the section table
/// @param type `SHT_*`
/// @param flags `SHF_*`
/// @param link index of the section it needs (symbols: their strings)
/// @param info what it is about (relocations: the section they patch)
/// @param size bytes in memory; those of `.bss` are not in the file
/// @param bytes what is in the file
record ElfSection(
    int index, String name, int type, long flags, int link, int info, long size, ByteSpan bytes) {
  static final int SHT_NULL = 0;
  static final int SHT_PROGBITS = 1;
  static final int SHT_SYMTAB = 2;
  static final int SHT_RELA = 4;
  static final int SHT_NOBITS = 8;
  static final int SHT_REL = 9;
  private static final long SHF_ALLOC = 2;
  private static final long SHF_EXECINSTR = 4;

  /// Whether it holds instructions.
  boolean code() {
    return type == SHT_PROGBITS && (flags & SHF_EXECINSTR) != 0;
  }

  /// Whether it holds something that is loaded and no instruction.
  boolean data() {
    return (type == SHT_PROGBITS || type == SHT_NOBITS)
        && (flags & SHF_ALLOC) != 0
        && (flags & SHF_EXECINSTR) == 0;
  }

  /// Whether the name is this one or starts with it and a dot (`.rodata.str1.1`).
  boolean named(String base) {
    return name.equals(base) || name.startsWith(base + ".");
  }
}
