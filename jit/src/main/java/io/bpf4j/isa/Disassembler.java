package io.bpf4j.isa;

import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Writes instructions in the kernel's spelling (kernel/bpf/disasm.c, print_bpf_insn): `r1 = *(u32
/// *)(r0 +4)`, `if w1 s< 0x5 goto pc+3`, `call bpf_map_lookup_elem#1`. [Assembler] reads it back.
/// Two things the kernel does not tell apart are marked: a 64-bit immediate ends with `ll`, as LLVM
/// writes it, and a map says whether it is given by `fd` or by `idx`.
public final class Disassembler {
  private Disassembler() {}

  /// The instruction at `pc`; helpers are named by number alone.
  public static String text(Insns insns, int pc) {
    return text(insns.at(pc));
  }

  /// One instruction; helpers are named by number alone.
  public static String text(Insn insn) {
    return text(insn, _ -> null);
  }

  /// One instruction.
  ///
  /// @param helperName the uapi name of a helper's number, or null when it has none
  public static String text(Insn insn, IntFunction<@Nullable String> helperName) {
    return switch (insn) {
      case Insn.Alu alu ->
          "%s %s %s"
              .formatted(
                  reg(alu.dst(), alu.width()),
                  alu.op().spelling(),
                  operand(alu.src(), alu.width()));
      case Insn.Mov mov ->
          "%s = %s".formatted(reg(mov.dst(), mov.width()), operand(mov.src(), mov.width()));
      case Insn.MovSx mov ->
          "%s = (s%d)%s"
              .formatted(
                  reg(mov.dst(), mov.width()), mov.from().bytes() * 8, reg(mov.src(), mov.width()));
      case Insn.Neg neg ->
          "%s = -%s".formatted(reg(neg.dst(), neg.width()), reg(neg.dst(), neg.width()));
      case Insn.Swap swap -> {
        String dst = reg(swap.dst());
        yield "%s = %s%d %s".formatted(dst, swap.order().spelling(), swap.bits(), dst);
      }
      case Insn.LoadImm64 load -> wide(load);
      case Insn.Load load ->
          "%s = *%s"
              .formatted(
                  reg(load.dst()), place(load.size(), load.signed(), load.base(), load.offset()));
      case Insn.Store store ->
          "*%s = %s"
              .formatted(
                  place(store.size(), false, store.base(), store.offset()),
                  operand(store.src(), Width.W64));
      case Insn.Atomic atomic -> atomic(atomic);
      case Insn.LoadAcquire load ->
          "%s = load_acquire(%s)"
              .formatted(reg(load.dst()), place(load.size(), false, load.base(), load.offset()));
      case Insn.StoreRelease store ->
          "store_release(%s, %s)"
              .formatted(
                  place(store.size(), false, store.base(), store.offset()), reg(store.src()));
      case Insn.Jump jump ->
          "if %s %s %s goto pc%+d"
              .formatted(
                  reg(jump.dst(), jump.width()),
                  jump.op().spelling(),
                  operandHex(jump.src(), jump.width()),
                  jump.offset());
      case Insn.Goto(int offset, boolean wide) ->
          "%s pc%+d".formatted(wide ? "gotol" : "goto", offset);
      case Insn.MayGoto(short offset) -> "may_goto pc%+d".formatted(offset);
      case Insn.CallHelper(int id) -> {
        String name = helperName.apply(id);
        yield "call %s#%d".formatted(name == null ? "helper" : name, id);
      }
      case Insn.CallKfunc(int btfId, short module) ->
          "call kfunc#%d module %d".formatted(btfId, module);
      case Insn.CallLocal(int offset) -> "call pc%+d".formatted(offset);
      case Insn.CallReg(Reg target) -> "callx " + reg(target);
      case Insn.Exit() -> "exit";
      case Insn.LegacyLoad load -> {
        Reg src = load.src();
        String type = load.size().spelling(false);
        yield src == null
            ? "r0 = *(%s *)skb[%d]".formatted(type, load.offset())
            : "r0 = *(%s *)skb[%s + %d]".formatted(type, reg(src), load.offset());
      }
      case Insn.AddrSpaceCast cast ->
          "%s = addr_space_cast(%s, %d, %d)"
              .formatted(
                  reg(cast.dst()), reg(cast.src()), cast.spaces() >>> 16, cast.spaces() & 0xffff);
    };
  }

  private static String wide(Insn.LoadImm64 load) {
    String value =
        switch (load.source()) {
          case IMM -> "0x%x ll".formatted(load.imm());
          case MAP_FD -> "map[fd:%d]".formatted(load.low());
          case MAP_IDX -> "map[idx:%d]".formatted(load.low());
          case MAP_VALUE -> "map[fd:%d][0]+%d".formatted(load.low(), load.high());
          case MAP_IDX_VALUE -> "map[idx:%d][0]+%d".formatted(load.low(), load.high());
          case BTF_ID -> "btf[id:%d]".formatted(load.imm());
          case FUNC -> "subprog[%+d]".formatted(load.low());
        };
    return reg(load.dst()) + " = " + value;
  }

  /// The kernel writes 64-bit registers whatever the size.
  private static String atomic(Insn.Atomic atomic) {
    String place = place(atomic.size(), false, atomic.base(), atomic.offset());
    String src = reg(atomic.src());
    String name = atomic.size() == Size.DW ? "atomic64_" : "atomic_";
    return switch (atomic.op()) {
      case CMPXCHG -> "r0 = %scmpxchg(%s, r0, %s)".formatted(name, place, src);
      case XCHG -> "%s = %sxchg(%s, %s)".formatted(src, name, place, src);
      case ADD, OR, AND, XOR ->
          atomic.fetch()
              ? "%s = %sfetch_%s(%s, %s)".formatted(src, name, atomic.op().spelling(), place, src)
              : "lock *%s %s %s".formatted(place, sign(atomic.op()), src);
    };
  }

  private static String sign(AtomicOp op) {
    return switch (op) {
      case ADD -> "+=";
      case OR -> "|=";
      case AND -> "&=";
      default -> "^=";
    };
  }

  /// `(u32 *)(r1 +4)`.
  private static String place(Size size, boolean signed, Reg base, int offset) {
    return "(%s *)(%s %+d)".formatted(size.spelling(signed), reg(base), offset);
  }

  private static String operand(Operand operand, Width width) {
    return switch (operand) {
      case Imm(int value) -> Integer.toString(value);
      case Reg reg -> reg(reg, width);
    };
  }

  private static String operandHex(Operand operand, Width width) {
    return switch (operand) {
      case Imm(int value) -> "0x" + Integer.toHexString(value);
      case Reg reg -> reg(reg, width);
    };
  }

  private static String reg(Reg reg, Width width) {
    return reg.spelling(width);
  }

  private static String reg(Reg reg) {
    return reg.spelling(Width.W64);
  }
}
