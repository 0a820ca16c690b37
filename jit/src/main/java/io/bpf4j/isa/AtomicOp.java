package io.bpf4j.isa;

/// The atomic read-modify-write operations (RFC 9669 section 5.3) with the immediate that selects
/// each and its spelling.
public enum AtomicOp {
  ADD(0x00, "add"),
  OR(0x40, "or"),
  AND(0x50, "and"),
  XOR(0xa0, "xor"),
  XCHG(0xe0, "xchg"),
  CMPXCHG(0xf0, "cmpxchg");

  /// Set in the immediate when the old value is fetched; always set for XCHG and CMPXCHG.
  public static final int FETCH = 0x01;

  private final int code;
  private final String spelling;

  AtomicOp(int code, String spelling) {
    this.code = code;
    this.spelling = spelling;
  }

  public int code() {
    return code;
  }

  public String spelling() {
    return spelling;
  }
}
