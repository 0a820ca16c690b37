package io.bpf4j.isa;

import org.jspecify.annotations.Nullable;

/// One eBPF instruction as what it means (RFC 9669). Encodings live in [InsnForm] and in the
/// operation tables.
///
/// Jump and call distances are in slots of 8 bytes, counted from the instruction that follows: a
/// target is `pc + 1 + offset`. [LoadImm64] fills two slots, everything else one.
public sealed interface Insn {

  /// `dst op= src`. A 32-bit result is zero-extended.
  record Alu(AluOp op, Width width, Reg dst, Operand src) implements Insn {}

  /// `dst = src`, zero-extended from 32 bits when `width` is [Width#W32]. An immediate is
  /// sign-extended to the width.
  record Mov(Width width, Reg dst, Operand src) implements Insn {}

  /// `dst = (s8|s16|s32) src`: sign extension from `from` to `width`. `from` is never DW, nor W at
  /// 32 bits.
  record MovSx(Width width, Size from, Reg dst, Reg src) implements Insn {
    public MovSx {
      require(from.bytes() * 8 < width.bits(), "sign extension to a width that is no larger");
    }
  }

  /// `dst = -dst`.
  record Neg(Width width, Reg dst) implements Insn {}

  /// Byte order: conversion to little or big endian (on this little-endian model a truncation, or a
  /// swap with truncation) or an unconditional swap; `bits` is 16, 32 or 64 and the result is
  /// zero-extended.
  record Swap(Order order, int bits, Reg dst) implements Insn {
    public Swap {
      require(bits == 16 || bits == 32 || bits == 64, "a swap of other than 16, 32 or 64 bits");
    }

    /// The three forms: `dst = le16 dst`, `be16`, `bswap16`.
    public enum Order {
      LE("le"),
      BE("be"),
      BSWAP("bswap");

      private final String spelling;

      Order(String spelling) {
        this.spelling = spelling;
      }

      public String spelling() {
        return spelling;
      }
    }
  }

  /// `dst = imm ll`; `source` says what the number stands for.
  record LoadImm64(Reg dst, PseudoLoad source, long imm) implements Insn {
    /// The low half: a map's index, or a function's distance.
    public int low() {
      return (int) imm;
    }

    /// The high half: the byte offset inside a map value.
    public int high() {
      return (int) (imm >>> 32);
    }
  }

  /// `dst = *(size *)(base + offset)`, zero-extended or, when `signed`, sign-extended (never signed
  /// at DW).
  record Load(Size size, boolean signed, Reg dst, Reg base, short offset) implements Insn {
    public Load {
      require(!signed || size != Size.DW, "a signed load of 64 bits");
    }
  }

  /// `*(size *)(base + offset) = src`.
  record Store(Size size, Reg base, short offset, Operand src) implements Insn {}

  /// An atomic operation on `*(size *)(base + offset)`; size is W or DW. With `fetch` the old value
  /// goes to `src`, and for CMPXCHG to R0, which is also what memory is compared with.
  record Atomic(AtomicOp op, boolean fetch, Size size, Reg base, short offset, Reg src)
      implements Insn {
    public Atomic {
      require(size == Size.W || size == Size.DW, "an atomic operation on fewer than 32 bits");
      require(
          fetch || (op != AtomicOp.XCHG && op != AtomicOp.CMPXCHG), "an exchange without fetch");
    }
  }

  /// `dst = load_acquire((size *)(base + offset))`.
  record LoadAcquire(Size size, Reg dst, Reg base, short offset) implements Insn {}

  /// `store_release((size *)(base + offset), src)`.
  record StoreRelease(Size size, Reg base, short offset, Reg src) implements Insn {}

  /// `if dst op src goto +offset`.
  record Jump(JmpOp op, Width width, Reg dst, Operand src, short offset) implements Insn {}

  /// `goto +offset`; `wide` is the 32-bit form, spelled `gotol`.
  record Goto(int offset, boolean wide) implements Insn {}

  /// `may_goto +offset`: a bounded conditional jump that the kernel's loop budget decides.
  record MayGoto(short offset) implements Insn {}

  /// `call helper#id`: arguments in R1 to R5, result in R0.
  record CallHelper(int id) implements Insn {}

  /// A call of a kernel function by BTF id, in the module with this index (0: the kernel itself).
  record CallKfunc(int btfId, short module) implements Insn {}

  /// A call of a function of this program at `pc + 1 + offset`.
  record CallLocal(int offset) implements Insn {}

  /// A call of the function whose address a register holds.
  record CallReg(Reg target) implements Insn {}

  /// Returns R0 from the function or the program.
  record Exit() implements Insn {}

  /// The packet loads of classic BPF, LD_ABS (`src` null) and LD_IND.
  record LegacyLoad(Size size, @Nullable Reg src, int offset) implements Insn {
    public LegacyLoad {
      require(size != Size.DW, "a packet load of 64 bits");
    }
  }

  /// `dst = addr_space_cast(src, to, from)`, for arenas.
  record AddrSpaceCast(Reg dst, Reg src, int spaces) implements Insn {}

  private static void require(boolean encodable, String what) {
    if (!encodable) {
      throw new IllegalArgumentException(what + " has no encoding");
    }
  }

  /// How many 8-byte slots the instruction fills.
  default int slots() {
    return this instanceof LoadImm64 ? 2 : 1;
  }
}
