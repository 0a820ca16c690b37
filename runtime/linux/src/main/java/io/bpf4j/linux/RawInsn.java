package io.bpf4j.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// One slot of encoded instructions as a number, in the order of its bytes on a little-endian
/// machine.
///
/// ```
/// 63           32 31        16 15  12 11   8 7      0
/// | immediate    | offset     | src  | dst  | opcode |
/// ```
final class RawInsn {
  static final int GOTO = 0x05;
  static final int GOTOL = 0x06;
  static final int WIDE_LOAD = 0x18;
  static final int LOAD = 0x79;
  static final int STORE_IMM = 0x7a;
  static final int STORE = 0x7b;
  static final int CALL = 0x85;
  static final int CALL_REG = 0x8d;
  static final int EXIT = 0x95;
  static final int MOV_IMM = 0xb7;

  private static final int PSEUDO_CALL = 1;
  private static final int PSEUDO_FUNC = 4;
  private static final int PSEUDO_MAP_IDX = 5;
  static final int PSEUDO_MAP_IDX_VALUE = 6;

  private RawInsn() {}

  static long of(int opcode, int dst, int src, int offset, int imm) {
    return opcode | dst << 8 | src << 12 | (offset & 0xffffL) << 16 | (long) imm << 32;
  }

  /// The slots of a program.
  static long[] slots(byte[] insns) {
    long[] slots = new long[insns.length / Long.BYTES];
    ByteBuffer.wrap(insns).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(slots);
    return slots;
  }

  static int opcode(long insn) {
    return (int) insn & 0xff;
  }

  private static int source(long insn) {
    return (int) insn >>> 12 & 0xf;
  }

  private static int offset(long insn) {
    return (short) (insn >>> 16);
  }

  static int imm(long insn) {
    return (int) (insn >>> 32);
  }

  static long withImm(long insn, int imm) {
    return (insn & 0xffff_ffffL) | (long) imm << 32;
  }

  /// Whether the second half follows in the next slot.
  static boolean isWide(long insn) {
    return opcode(insn) == WIDE_LOAD;
  }

  /// Whether it takes the address of a function.
  static boolean takesFunction(long insn) {
    return isWide(insn) && source(insn) == PSEUDO_FUNC;
  }

  /// Whether it calls a function of the program, or takes its address: `imm` is the distance.
  static boolean refersToFunction(long insn) {
    return takesFunction(insn) || (opcode(insn) == CALL && source(insn) == PSEUDO_CALL);
  }

  /// Whether `imm` is a map's index.
  static boolean refersToMap(long insn) {
    return isWide(insn) && (source(insn) == PSEUDO_MAP_IDX || source(insn) == PSEUDO_MAP_IDX_VALUE);
  }

  /// Whether it may go on somewhere else in its function.
  static boolean jumps(long insn) {
    int opcode = opcode(insn);
    int kind = opcode & 0x07;
    return (kind == 0x05 || kind == 0x06) && opcode != CALL && opcode != CALL_REG && opcode != EXIT;
  }

  /// Whether it never goes on behind itself.
  static boolean ends(long insn) {
    int opcode = opcode(insn);
    return opcode == EXIT || opcode == GOTO || opcode == GOTOL;
  }

  /// How far behind the next slot a jump leads.
  static int distance(long insn) {
    return opcode(insn) == GOTOL ? imm(insn) : offset(insn);
  }

  /// An unconditional jump; the wide form, which Linux knows since 6.6, only where it must be.
  static long jump(int distance) {
    return distance == (short) distance
        ? of(GOTO, 0, 0, distance, 0)
        : of(GOTOL, 0, 0, 0, distance);
  }
}
