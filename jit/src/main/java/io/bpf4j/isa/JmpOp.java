package io.bpf4j.isa;

/// The conditions of conditional jumps (RFC 9669 section 4.3): code, spelling, reference meaning.
public enum JmpOp {
  JEQ(0x10, "==", (a, b) -> a == b),
  JGT(0x20, ">", (a, b) -> Long.compareUnsigned(a, b) > 0),
  JGE(0x30, ">=", (a, b) -> Long.compareUnsigned(a, b) >= 0),
  JSET(0x40, "&", (a, b) -> (a & b) != 0),
  JNE(0x50, "!=", (a, b) -> a != b),
  JSGT(0x60, "s>", (a, b) -> a > b),
  JSGE(0x70, "s>=", (a, b) -> a >= b),
  JLT(0xa0, "<", (a, b) -> Long.compareUnsigned(a, b) < 0),
  JLE(0xb0, "<=", (a, b) -> Long.compareUnsigned(a, b) <= 0),
  JSLT(0xc0, "s<", (a, b) -> a < b),
  JSLE(0xd0, "s<=", (a, b) -> a <= b);

  @FunctionalInterface
  private interface Condition {
    boolean holds(long a, long b);
  }

  private final int code;
  private final String spelling;
  private final Condition condition;

  JmpOp(int code, String spelling, Condition condition) {
    this.code = code;
    this.spelling = spelling;
    this.condition = condition;
  }

  /// The operation bits of an opcode, in place.
  public int code() {
    return code;
  }

  /// The kernel's spelling: `==`, `s<`.
  public String spelling() {
    return spelling;
  }

  /// The reference meaning. At 32 bits both operands are sign-extended from their low halves first,
  /// which keeps every one of these comparisons, signed or not, what it is at 32 bits.
  public boolean test(Width width, long dst, long src) {
    return width == Width.W64 ? condition.holds(dst, src) : condition.holds((int) dst, (int) src);
  }
}
