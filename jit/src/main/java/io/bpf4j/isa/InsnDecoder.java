package io.bpf4j.isa;

import io.bpf4j.error.InsnFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/// Reads instructions from their encoding (RFC 9669 section 3), little-endian. Every reserved field
/// must hold what its [InsnForm] row says; jump targets are [Structure]'s business.
public final class InsnDecoder {
  /// Bytes of a slot.
  public static final int SLOT = 8;

  private final ByteBuffer code;

  private InsnDecoder(byte[] code) {
    this.code = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Decodes a whole program.
  ///
  /// @throws InsnFormatException naming the slot and the rule it breaks
  public static Insns decode(byte[] code) {
    if (code.length % SLOT != 0) {
      throw new InsnFormatException(
          code.length / SLOT, "the program ends after " + code.length % SLOT + " of 8 bytes");
    }
    InsnDecoder decoder = new InsnDecoder(code);
    List<Insn> insns = new ArrayList<>(code.length / SLOT);
    for (int pc = 0; pc < code.length / SLOT; ) {
      Insn insn = decoder.at(pc);
      insns.add(insn);
      pc += insn.slots();
    }
    return Insns.of(insns);
  }

  private Insn at(int pc) {
    int opcode = Byte.toUnsignedInt(code.get(pc * SLOT));
    int registers = Byte.toUnsignedInt(code.get(pc * SLOT + 1));
    int dst = registers & 15;
    int src = registers >> 4;
    short offset = code.getShort(pc * SLOT + 2);
    int imm = code.getInt(pc * SLOT + 4);
    InsnForm form = form(pc, opcode, dst, src, offset, imm);
    return switch (form) {
      case ALU32_IMM, ALU32_REG, DIVMUL32_IMM, DIVMUL32_REG, SDIVMOD32_IMM, SDIVMOD32_REG ->
          new Insn.Alu(aluOp(opcode, offset), Width.W32, Reg.of(dst), operand(opcode, src, imm));
      case ALU64_IMM, ALU64_REG, DIVMUL64_IMM, DIVMUL64_REG, SDIVMOD64_IMM, SDIVMOD64_REG ->
          new Insn.Alu(aluOp(opcode, offset), Width.W64, Reg.of(dst), operand(opcode, src, imm));
      case NEG32 -> new Insn.Neg(Width.W32, Reg.of(dst));
      case NEG64 -> new Insn.Neg(Width.W64, Reg.of(dst));
      case MOV32_IMM, MOV32_REG -> new Insn.Mov(Width.W32, Reg.of(dst), operand(opcode, src, imm));
      case MOV64_IMM, MOV64_REG -> new Insn.Mov(Width.W64, Reg.of(dst), operand(opcode, src, imm));
      case MOVSX32 -> new Insn.MovSx(Width.W32, sizeOfBits(offset), Reg.of(dst), Reg.of(src));
      case MOVSX64 -> new Insn.MovSx(Width.W64, sizeOfBits(offset), Reg.of(dst), Reg.of(src));
      case ADDR_SPACE_CAST -> new Insn.AddrSpaceCast(Reg.of(dst), Reg.of(src), imm);
      case TO_ORDER, TO_ORDER64 ->
          new Insn.Swap(opcode == 0xd4 ? Insn.Swap.Order.LE : Insn.Swap.Order.BE, imm, Reg.of(dst));
      case BSWAP -> new Insn.Swap(Insn.Swap.Order.BSWAP, imm, Reg.of(dst));
      case JUMP64_IMM, JUMP64_REG, JUMP64_LESS_IMM, JUMP64_LESS_REG ->
          new Insn.Jump(jmpOp(opcode), Width.W64, Reg.of(dst), operand(opcode, src, imm), offset);
      case JUMP32_IMM, JUMP32_REG, JUMP32_LESS_IMM, JUMP32_LESS_REG ->
          new Insn.Jump(jmpOp(opcode), Width.W32, Reg.of(dst), operand(opcode, src, imm), offset);
      case GOTO -> new Insn.Goto(offset, false);
      case GOTOL -> new Insn.Goto(imm, true);
      case MAY_GOTO -> new Insn.MayGoto(offset);
      case CALL_HELPER -> new Insn.CallHelper(imm);
      case CALL_LOCAL -> new Insn.CallLocal(imm);
      case CALL_KFUNC -> new Insn.CallKfunc(imm, offset);
      case CALLX -> new Insn.CallReg(Reg.of(dst));
      case EXIT -> new Insn.Exit();
      case LOAD_IMM64 -> wideLoad(pc, dst, src, imm);
      case LOAD32, LOAD64 ->
          new Insn.Load(Size.ofOpcode(opcode), false, Reg.of(dst), Reg.of(src), offset);
      case LOAD_SX -> new Insn.Load(Size.ofOpcode(opcode), true, Reg.of(dst), Reg.of(src), offset);
      case STORE32_IMM, STORE64_IMM ->
          new Insn.Store(Size.ofOpcode(opcode), Reg.of(dst), offset, new Imm(imm));
      case STORE32_REG, STORE64_REG ->
          new Insn.Store(Size.ofOpcode(opcode), Reg.of(dst), offset, Reg.of(src));
      case ATOMIC_ADD32, ATOMIC_ADD64, ATOMIC32, ATOMIC64 ->
          new Insn.Atomic(
              atomicOp(imm),
              (imm & AtomicOp.FETCH) != 0,
              Size.ofOpcode(opcode),
              Reg.of(dst),
              offset,
              Reg.of(src));
      case ACQUIRE_RELEASE ->
          imm == 0x100
              ? new Insn.LoadAcquire(Size.ofOpcode(opcode), Reg.of(dst), Reg.of(src), offset)
              : new Insn.StoreRelease(Size.ofOpcode(opcode), Reg.of(dst), offset, Reg.of(src));
      case PACKET_ABS -> new Insn.LegacyLoad(Size.ofOpcode(opcode), null, imm);
      case PACKET_IND -> new Insn.LegacyLoad(Size.ofOpcode(opcode), Reg.of(src), imm);
    };
  }

  private static InsnForm form(int pc, int opcode, int dst, int src, int offset, int imm) {
    StringJoiner refusals = new StringJoiner("; ");
    for (InsnForm form : InsnForm.ofOpcode(opcode)) {
      String violation = form.violation(dst, src, offset, imm);
      if (violation == null) {
        return form;
      }
      refusals.add(form + ": " + violation);
    }
    throw new InsnFormatException(
        pc, refusals.length() > 0 ? refusals.toString() : unknown(opcode));
  }

  private static String unknown(int opcode) {
    return "opcode 0x%02x is unknown".formatted(opcode);
  }

  private Insn wideLoad(int pc, int dst, int src, int imm) {
    int second = (pc + 1) * SLOT;
    if (second >= code.capacity()) {
      throw new InsnFormatException(pc, "LOAD_IMM64: the second slot is missing");
    }
    if (code.getInt(second) != 0) {
      throw new InsnFormatException(
          pc + 1, "LOAD_IMM64: opcode, registers and offset of the second slot must be 0");
    }
    PseudoLoad source = PseudoLoad.of(src);
    int high = code.getInt(second + 4);
    if (high != 0 && !usesHigh(source)) {
      throw new InsnFormatException(
          pc + 1, "LOAD_IMM64 of " + source + ": immediate " + high + " must be 0");
    }
    long value = Integer.toUnsignedLong(imm) | (long) high << 32;
    return new Insn.LoadImm64(Reg.of(dst), source, value);
  }

  /// Whether the second immediate says anything (kernel/bpf/verifier.c, resolve_pseudo_ldimm64).
  private static boolean usesHigh(PseudoLoad source) {
    return switch (source) {
      case IMM, MAP_VALUE, MAP_IDX_VALUE, BTF_ID -> true;
      case MAP_FD, MAP_IDX, FUNC -> false;
    };
  }

  private static Operand operand(int opcode, int src, int imm) {
    return (opcode & 0x08) != 0 ? Reg.of(src) : new Imm(imm);
  }

  private static AluOp aluOp(int opcode, int offset) {
    for (AluOp op : AluOp.values()) {
      if (op.code() == (opcode & 0xf0) && op.offset() == offset) {
        return op;
      }
    }
    throw new IllegalStateException("a form admits an operation that has no row");
  }

  private static JmpOp jmpOp(int opcode) {
    for (JmpOp op : JmpOp.values()) {
      if (op.code() == (opcode & 0xf0)) {
        return op;
      }
    }
    throw new IllegalStateException("a form admits a condition that has no row");
  }

  private static AtomicOp atomicOp(int imm) {
    for (AtomicOp op : AtomicOp.values()) {
      if (op.code() == (imm & 0xf0)) {
        return op;
      }
    }
    throw new IllegalStateException("a form admits an atomic operation that has no row");
  }

  private static Size sizeOfBits(int bits) {
    return switch (bits) {
      case 8 -> Size.B;
      case 16 -> Size.H;
      default -> Size.W;
    };
  }
}
