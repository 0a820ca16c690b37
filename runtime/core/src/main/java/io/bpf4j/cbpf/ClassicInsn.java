package io.bpf4j.cbpf;

/// An instruction of classic BPF (uapi/linux/filter.h `struct sock_filter`).
///
/// @param code class, mode and operation, 16 bits
/// @param jt how many instructions a jump skips when its condition holds
/// @param jf how many when it does not
/// @param k the constant
public record ClassicInsn(int code, int jt, int jf, int k) {
  public static final int LD = 0x00;
  public static final int LDX = 0x01;
  public static final int ST = 0x02;
  public static final int STX = 0x03;
  public static final int ALU = 0x04;
  public static final int JMP = 0x05;
  public static final int RET = 0x06;
  public static final int MISC = 0x07;

  public static final int W = 0x00;
  public static final int H = 0x08;
  public static final int B = 0x10;

  public static final int IMM = 0x00;
  public static final int ABS = 0x20;
  public static final int IND = 0x40;
  public static final int MEM = 0x60;
  public static final int LEN = 0x80;
  public static final int MSH = 0xa0;

  public static final int ADD = 0x00;
  public static final int SUB = 0x10;
  public static final int MUL = 0x20;
  public static final int DIV = 0x30;
  public static final int OR = 0x40;
  public static final int AND = 0x50;
  public static final int LSH = 0x60;
  public static final int RSH = 0x70;
  public static final int NEG = 0x80;
  public static final int MOD = 0x90;
  public static final int XOR = 0xa0;

  public static final int JA = 0x00;
  public static final int JEQ = 0x10;
  public static final int JGT = 0x20;
  public static final int JGE = 0x30;
  public static final int JSET = 0x40;

  /// The operand is `k`.
  public static final int K = 0x00;

  /// The operand is X.
  public static final int X = 0x08;

  /// What RET returns is A.
  public static final int A = 0x10;

  public static final int TAX = 0x00;
  public static final int TXA = 0x80;

  public ClassicInsn {
    if (code >>> 16 != 0 || jt >>> 8 != 0 || jf >>> 8 != 0) {
      throw new IllegalArgumentException("code %d, jt %d, jf %d".formatted(code, jt, jf));
    }
  }

  /// An instruction that does not jump.
  public static ClassicInsn of(int code, int k) {
    return new ClassicInsn(code, 0, 0, k);
  }

  /// The class: [#LD] to [#MISC].
  int kind() {
    return code & 0x07;
  }

  int size() {
    return code & 0x18;
  }

  int mode() {
    return code & 0xe0;
  }

  int op() {
    return code & 0xf0;
  }

  boolean withX() {
    return (code & X) != 0;
  }
}
