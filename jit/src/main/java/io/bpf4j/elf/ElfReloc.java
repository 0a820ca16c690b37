package io.bpf4j.elf;

/// A relocation entry without addend: BPF keeps addends in the instructions.
///
/// @param offset byte offset in the section it patches
/// @param type `R_BPF_*`
/// @param symbol what it refers to
/// @param entryOffset offset of the entry in the file, for messages
record ElfReloc(long offset, int type, ElfSymbol symbol, long entryOffset) {
  static final int R_BPF_NONE = 0;
  static final int R_BPF_64_64 = 1;
  static final int R_BPF_64_ABS64 = 2;
  static final int R_BPF_64_32 = 10;

  /// The type's name, or its number.
  String typeName() {
    return switch (type) {
      case R_BPF_NONE -> "R_BPF_NONE";
      case R_BPF_64_64 -> "R_BPF_64_64";
      case R_BPF_64_ABS64 -> "R_BPF_64_ABS64";
      case 3 -> "R_BPF_64_ABS32";
      case 4 -> "R_BPF_64_NODYLD32";
      case R_BPF_64_32 -> "R_BPF_64_32";
      default -> Integer.toString(type);
    };
  }
}
