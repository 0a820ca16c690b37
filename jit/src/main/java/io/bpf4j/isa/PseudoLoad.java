package io.bpf4j.isa;

/// What the 64-bit immediate of a wide load means: the source-register field of the first slot (RFC
/// 9669 section 5.4).
public enum PseudoLoad {
  /// A plain 64-bit number.
  IMM,
  /// A map by file descriptor; only in what a user hands to the bpf system call.
  MAP_FD,
  /// An address inside the value of a map given by file descriptor.
  MAP_VALUE,
  /// A kernel variable by BTF id.
  BTF_ID,
  /// A function of this program: low half = offset in slots from the next instruction, as in a
  /// local call.
  FUNC,
  /// A map by index into the program's map list (low half). Linked programs use this form.
  MAP_IDX,
  /// An address inside the value of a map: index in the low half, byte offset in the high half.
  MAP_IDX_VALUE;

  private static final PseudoLoad[] ALL = values();

  /// The row for a source-register field of 0 to 6.
  public static PseudoLoad of(int code) {
    return ALL[code];
  }

  public int code() {
    return ordinal();
  }
}
