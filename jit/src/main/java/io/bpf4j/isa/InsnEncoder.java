package io.bpf4j.isa;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Writes instructions in their encoding, little-endian: the inverse of [InsnDecoder].
public final class InsnEncoder {
  private final ByteBuffer out;

  private InsnEncoder(int slots) {
    this.out = ByteBuffer.allocate(slots * InsnDecoder.SLOT).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Encodes a whole program.
  public static byte[] encode(Insns insns) {
    InsnEncoder encoder = new InsnEncoder(insns.size());
    insns.toList().forEach(encoder::put);
    return encoder.out.array();
  }

  private void put(Insn insn) {
    switch (insn) {
      case Insn.Alu alu -> {
        int opcode = alu.op().code() | (alu.width() == Width.W64 ? 0x07 : 0x04);
        slot(opcode, alu.dst(), alu.src(), alu.op().offset());
      }
      case Insn.Mov mov -> slot(mov.width() == Width.W64 ? 0xb7 : 0xb4, mov.dst(), mov.src(), 0);
      case Insn.MovSx mov ->
          slot(
              mov.width() == Width.W64 ? 0xb7 : 0xb4, mov.dst(), mov.src(), mov.from().bytes() * 8);
      case Insn.Neg neg -> slot(neg.width() == Width.W64 ? 0x87 : 0x84, number(neg.dst()), 0, 0, 0);
      case Insn.Swap swap -> {
        int opcode =
            switch (swap.order()) {
              case LE -> 0xd4;
              case BE -> 0xdc;
              case BSWAP -> 0xd7;
            };
        slot(opcode, number(swap.dst()), 0, 0, swap.bits());
      }
      case Insn.LoadImm64 load -> {
        slot(0x18, number(load.dst()), load.source().code(), 0, load.low());
        slot(0, 0, 0, 0, load.high());
      }
      case Insn.Load load ->
          slot(
              (load.signed() ? 0x81 : 0x61) | load.size().code(),
              number(load.dst()),
              number(load.base()),
              load.offset(),
              0);
      case Insn.Store store -> {
        int mode = 0x62 | store.size().code();
        switch (store.src()) {
          case Imm(int value) -> slot(mode, number(store.base()), 0, store.offset(), value);
          case Reg src -> slot(mode | 1, number(store.base()), number(src), store.offset(), 0);
        }
      }
      case Insn.Atomic atomic -> {
        int imm = atomic.op().code() | (atomic.fetch() ? AtomicOp.FETCH : 0);
        slot(
            0xc3 | atomic.size().code(),
            number(atomic.base()),
            number(atomic.src()),
            atomic.offset(),
            imm);
      }
      case Insn.LoadAcquire load ->
          slot(
              0xc3 | load.size().code(),
              number(load.dst()),
              number(load.base()),
              load.offset(),
              0x100);
      case Insn.StoreRelease store ->
          slot(
              0xc3 | store.size().code(),
              number(store.base()),
              number(store.src()),
              store.offset(),
              0x110);
      case Insn.Jump jump ->
          slot(
              jump.op().code() | (jump.width() == Width.W64 ? 0x05 : 0x06),
              jump.dst(),
              jump.src(),
              jump.offset());
      case Insn.Goto(int offset, boolean wide) ->
          slot(wide ? 0x06 : 0x05, 0, 0, wide ? 0 : offset, wide ? offset : 0);
      case Insn.MayGoto(short offset) -> slot(0xe5, 0, 0, offset, 0);
      case Insn.CallHelper(int id) -> slot(0x85, 0, 0, 0, id);
      case Insn.CallLocal(int offset) -> slot(0x85, 0, 1, 0, offset);
      case Insn.CallKfunc(int btfId, short module) -> slot(0x85, 0, 2, module, btfId);
      case Insn.CallReg(Reg target) -> slot(0x8d, number(target), 0, 0, 0);
      case Insn.Exit() -> slot(0x95, 0, 0, 0, 0);
      case Insn.LegacyLoad load -> {
        Reg src = load.src();
        slot(
            (src == null ? 0x20 : 0x40) | load.size().code(),
            0,
            src == null ? 0 : number(src),
            0,
            load.offset());
      }
      case Insn.AddrSpaceCast cast ->
          slot(0xbf, number(cast.dst()), number(cast.src()), 1, cast.spaces());
    }
  }

  /// A slot whose source is an operand: bit 3 of the opcode tells a register from an immediate.
  private void slot(int opcode, Reg dst, Operand src, int offset) {
    switch (src) {
      case Imm(int value) -> slot(opcode, number(dst), 0, offset, value);
      case Reg reg -> slot(opcode | 0x08, number(dst), number(reg), offset, 0);
    }
  }

  private void slot(int opcode, int dst, int src, int offset, int imm) {
    out.put((byte) opcode).put((byte) (src << 4 | dst)).putShort((short) offset).putInt(imm);
  }

  private static int number(Reg reg) {
    return reg.ordinal();
  }
}
