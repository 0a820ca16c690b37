package io.bpf4j.isa;

import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/// The two-operand arithmetic operations (RFC 9669 section 4.1): code, offset variant, spelling,
/// and the reference meaning at 64 and 32 bits. Division by zero yields 0, remainder by zero the
/// dividend, and the one signed overflow (MIN / -1) wraps. Shift counts are masked to the width.
///
/// Moves, negation and byte swaps are instructions of their own: [Insn.Mov], [Insn.Neg],
/// [Insn.Swap].
public enum AluOp {
  ADD(0x00, 0, "+=", (a, b) -> a + b, (a, b) -> a + b),
  SUB(0x10, 0, "-=", (a, b) -> a - b, (a, b) -> a - b),
  MUL(0x20, 0, "*=", (a, b) -> a * b, (a, b) -> a * b),
  DIV(
      0x30,
      0,
      "/=",
      (a, b) -> b == 0 ? 0 : Long.divideUnsigned(a, b),
      (a, b) -> b == 0 ? 0 : Integer.divideUnsigned(a, b)),
  OR(0x40, 0, "|=", (a, b) -> a | b, (a, b) -> a | b),
  AND(0x50, 0, "&=", (a, b) -> a & b, (a, b) -> a & b),
  LSH(0x60, 0, "<<=", (a, b) -> a << b, (a, b) -> a << b),
  RSH(0x70, 0, ">>=", (a, b) -> a >>> b, (a, b) -> a >>> b),
  MOD(
      0x90,
      0,
      "%=",
      (a, b) -> b == 0 ? a : Long.remainderUnsigned(a, b),
      (a, b) -> b == 0 ? a : Integer.remainderUnsigned(a, b)),
  XOR(0xa0, 0, "^=", (a, b) -> a ^ b, (a, b) -> a ^ b),
  ARSH(0xc0, 0, "s>>=", (a, b) -> a >> b, (a, b) -> a >> b),
  SDIV(0x30, 1, "s/=", (a, b) -> b == 0 ? 0 : a / b, (a, b) -> b == 0 ? 0 : a / b),
  SMOD(0x90, 1, "s%=", (a, b) -> b == 0 ? a : a % b, (a, b) -> b == 0 ? a : a % b);

  private final int code;
  private final int offset;
  private final String spelling;
  private final LongBinaryOperator meaning64;
  private final IntBinaryOperator meaning32;

  AluOp(
      int code,
      int offset,
      String spelling,
      LongBinaryOperator meaning64,
      IntBinaryOperator meaning32) {
    this.code = code;
    this.offset = offset;
    this.spelling = spelling;
    this.meaning64 = meaning64;
    this.meaning32 = meaning32;
  }

  /// The operation bits of an opcode, in place.
  public int code() {
    return code;
  }

  /// The value of the offset field that selects this operation: 1 for the signed forms of division.
  public int offset() {
    return offset;
  }

  /// The kernel's spelling: `+=`, `s>>=`.
  public String spelling() {
    return spelling;
  }

  /// The reference meaning. At 32 bits the upper halves are ignored and the result is
  /// zero-extended.
  public long apply(Width width, long dst, long src) {
    return width == Width.W64
        ? meaning64.applyAsLong(dst, src)
        : Integer.toUnsignedLong(meaning32.applyAsInt((int) dst, (int) src));
  }
}
