package io.bpf4j.interp;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;

/// The numbers the interpreter's switch goes by, dense from 0. Operations with two operands take
/// four in the order of their rows: 32 bits with immediate, with register, 64 bits with immediate,
/// with register.
final class Op {
  static final int ADD32_IMM = 0;
  static final int ADD32_REG = 1;
  static final int ADD64_IMM = 2;
  static final int ADD64_REG = 3;
  static final int SUB32_IMM = 4;
  static final int SUB32_REG = 5;
  static final int SUB64_IMM = 6;
  static final int SUB64_REG = 7;
  static final int MUL32_IMM = 8;
  static final int MUL32_REG = 9;
  static final int MUL64_IMM = 10;
  static final int MUL64_REG = 11;
  static final int DIV32_IMM = 12;
  static final int DIV32_REG = 13;
  static final int DIV64_IMM = 14;
  static final int DIV64_REG = 15;
  static final int OR32_IMM = 16;
  static final int OR32_REG = 17;
  static final int OR64_IMM = 18;
  static final int OR64_REG = 19;
  static final int AND32_IMM = 20;
  static final int AND32_REG = 21;
  static final int AND64_IMM = 22;
  static final int AND64_REG = 23;
  static final int LSH32_IMM = 24;
  static final int LSH32_REG = 25;
  static final int LSH64_IMM = 26;
  static final int LSH64_REG = 27;
  static final int RSH32_IMM = 28;
  static final int RSH32_REG = 29;
  static final int RSH64_IMM = 30;
  static final int RSH64_REG = 31;
  static final int MOD32_IMM = 32;
  static final int MOD32_REG = 33;
  static final int MOD64_IMM = 34;
  static final int MOD64_REG = 35;
  static final int XOR32_IMM = 36;
  static final int XOR32_REG = 37;
  static final int XOR64_IMM = 38;
  static final int XOR64_REG = 39;
  static final int ARSH32_IMM = 40;
  static final int ARSH32_REG = 41;
  static final int ARSH64_IMM = 42;
  static final int ARSH64_REG = 43;
  static final int SDIV32_IMM = 44;
  static final int SDIV32_REG = 45;
  static final int SDIV64_IMM = 46;
  static final int SDIV64_REG = 47;
  static final int SMOD32_IMM = 48;
  static final int SMOD32_REG = 49;
  static final int SMOD64_IMM = 50;
  static final int SMOD64_REG = 51;

  static final int JEQ32_IMM = 52;
  static final int JEQ32_REG = 53;
  static final int JEQ64_IMM = 54;
  static final int JEQ64_REG = 55;
  static final int JGT32_IMM = 56;
  static final int JGT32_REG = 57;
  static final int JGT64_IMM = 58;
  static final int JGT64_REG = 59;
  static final int JGE32_IMM = 60;
  static final int JGE32_REG = 61;
  static final int JGE64_IMM = 62;
  static final int JGE64_REG = 63;
  static final int JSET32_IMM = 64;
  static final int JSET32_REG = 65;
  static final int JSET64_IMM = 66;
  static final int JSET64_REG = 67;
  static final int JNE32_IMM = 68;
  static final int JNE32_REG = 69;
  static final int JNE64_IMM = 70;
  static final int JNE64_REG = 71;
  static final int JSGT32_IMM = 72;
  static final int JSGT32_REG = 73;
  static final int JSGT64_IMM = 74;
  static final int JSGT64_REG = 75;
  static final int JSGE32_IMM = 76;
  static final int JSGE32_REG = 77;
  static final int JSGE64_IMM = 78;
  static final int JSGE64_REG = 79;
  static final int JLT32_IMM = 80;
  static final int JLT32_REG = 81;
  static final int JLT64_IMM = 82;
  static final int JLT64_REG = 83;
  static final int JLE32_IMM = 84;
  static final int JLE32_REG = 85;
  static final int JLE64_IMM = 86;
  static final int JLE64_REG = 87;
  static final int JSLT32_IMM = 88;
  static final int JSLT32_REG = 89;
  static final int JSLT64_IMM = 90;
  static final int JSLT64_REG = 91;
  static final int JSLE32_IMM = 92;
  static final int JSLE32_REG = 93;
  static final int JSLE64_IMM = 94;
  static final int JSLE64_REG = 95;

  static final int MOV32_IMM = 96;
  static final int MOV32_REG = 97;
  static final int MOV64_IMM = 98;
  static final int MOV64_REG = 99;
  static final int MOVSX8_32 = 100;
  static final int MOVSX16_32 = 101;
  static final int MOVSX8_64 = 102;
  static final int MOVSX16_64 = 103;
  static final int MOVSX32_64 = 104;
  static final int NEG32 = 105;
  static final int NEG64 = 106;
  static final int ZEXT16 = 107;
  static final int ZEXT32 = 108;
  static final int SWAP16 = 109;
  static final int SWAP32 = 110;
  static final int SWAP64 = 111;
  static final int NOP = 112;
  static final int LDDW = 113;

  static final int LDX8 = 114;
  static final int LDX16 = 115;
  static final int LDX32 = 116;
  static final int LDX64 = 117;
  static final int LDSX8 = 118;
  static final int LDSX16 = 119;
  static final int LDSX32 = 120;
  static final int ST8 = 121;
  static final int ST16 = 122;
  static final int ST32 = 123;
  static final int ST64 = 124;
  static final int STX8 = 125;
  static final int STX16 = 126;
  static final int STX32 = 127;
  static final int STX64 = 128;
  static final int ATOMIC = 129;
  static final int LOAD_ACQUIRE = 130;
  static final int STORE_RELEASE = 131;

  static final int GOTO = 132;
  static final int CALL_HELPER = 133;
  static final int CALL_LOCAL = 134;
  static final int CALL_REG = 135;
  static final int EXIT = 136;
  static final int MAY_GOTO = 137;

  /// Loads and stores that a proof has settled, in the order of those that are checked.
  static final int RAW_LDX8 = 138;

  static final int RAW_LDX16 = 139;
  static final int RAW_LDX32 = 140;
  static final int RAW_LDX64 = 141;
  static final int RAW_LDSX8 = 142;
  static final int RAW_LDSX16 = 143;
  static final int RAW_LDSX32 = 144;
  static final int RAW_ST8 = 145;
  static final int RAW_ST16 = 146;
  static final int RAW_ST32 = 147;
  static final int RAW_ST64 = 148;
  static final int RAW_STX8 = 149;
  static final int RAW_STX16 = 150;
  static final int RAW_STX32 = 151;
  static final int RAW_STX64 = 152;

  /// A load by a rule, and a call whose arguments need no look: settled by a proof, too.
  static final int FIELD = 153;

  static final int CALL_PROVED = 154;
  static final int PACKET_LOAD = 155;

  private static final int TO_RAW = RAW_LDX8 - LDX8;

  private Op() {}

  /// The form of a checked load or store that a proof has settled.
  static int raw(int checked) {
    return checked + TO_RAW;
  }

  static int alu(AluOp op, Width width, Operand src) {
    return ADD32_IMM + form(op.ordinal(), width, src);
  }

  static int jump(JmpOp op, Width width, Operand src) {
    return JEQ32_IMM + form(op.ordinal(), width, src);
  }

  static int mov(Width width, Operand src) {
    return MOV32_IMM + form(0, width, src);
  }

  private static int form(int row, Width width, Operand src) {
    return 4 * row + (width == Width.W64 ? 2 : 0) + (src instanceof Imm ? 0 : 1);
  }

  static int movSx(Width width, Size from) {
    return switch (from) {
      case B -> width == Width.W32 ? MOVSX8_32 : MOVSX8_64;
      case H -> width == Width.W32 ? MOVSX16_32 : MOVSX16_64;
      default -> MOVSX32_64;
    };
  }

  static int swap(boolean toLittleEndian, int bits) {
    return switch (bits) {
      case 16 -> toLittleEndian ? ZEXT16 : SWAP16;
      case 32 -> toLittleEndian ? ZEXT32 : SWAP32;
      default -> toLittleEndian ? NOP : SWAP64;
    };
  }

  static int load(Size size, boolean signed) {
    return (signed ? LDSX8 : LDX8) + log2(size);
  }

  static int store(Size size, Operand src) {
    return (src instanceof Imm ? ST8 : STX8) + log2(size);
  }

  private static int log2(Size size) {
    return Integer.numberOfTrailingZeros(size.bytes());
  }
}
