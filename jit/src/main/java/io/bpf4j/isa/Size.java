package io.bpf4j.isa;

/// The size of a memory access (RFC 9669 section 4), with its two-bit code and its kernel spelling.
public enum Size {
  W(0x00, 4, "u32"),
  H(0x08, 2, "u16"),
  B(0x10, 1, "u8"),
  DW(0x18, 8, "u64");

  private static final Size[] ALL = values();

  private final int code;
  private final int bytes;
  private final String spelling;

  Size(int code, int bytes, String spelling) {
    this.code = code;
    this.bytes = bytes;
    this.spelling = spelling;
  }

  /// The size bits of an opcode, in place.
  public int code() {
    return code;
  }

  public int bytes() {
    return bytes;
  }

  /// The kernel's name of the unsigned type: `u8` … `u64`; the signed one starts with `s`.
  public String spelling(boolean signed) {
    return signed ? "s" + spelling.substring(1) : spelling;
  }

  /// The size in bits 3 and 4 of an opcode.
  public static Size ofOpcode(int opcode) {
    return ALL[(opcode >> 3) & 3];
  }
}
