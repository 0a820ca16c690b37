package io.bpf4j.elf;

/// A symbol of an ELF file.
///
/// @param name empty for sections
/// @param value byte offset in its section
/// @param size bytes; 0 when the compiler does not say
/// @param type `STT_*`
/// @param bind `STB_*`
/// @param section index of its section; 0 undefined, from 0xff00 on special
record ElfSymbol(String name, long value, long size, int type, int bind, int section) {
  static final int STT_NOTYPE = 0;
  static final int STT_OBJECT = 1;
  static final int STT_FUNC = 2;
  static final int STT_SECTION = 3;
  private static final int STB_LOCAL = 0;
  private static final int STB_WEAK = 2;

  boolean local() {
    return bind == STB_LOCAL;
  }

  boolean weak() {
    return bind == STB_WEAK;
  }

  boolean undefined() {
    return section == 0;
  }

  /// Whether it names a variable: compilers before clang 7 gave no type.
  boolean variable() {
    return type == STT_OBJECT || (type == STT_NOTYPE && !local());
  }
}
