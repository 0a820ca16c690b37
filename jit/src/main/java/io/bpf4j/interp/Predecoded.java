package io.bpf4j.interp;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.Proof;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.platform.LoadRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A program as the interpreter's loop wants it: four ints a slot, so that slot `pc` starts at `4 *
/// pc` and the second half of a wide load is a hole.
///
/// ```
/// op | dst + (src << 8) | target, offset or pool index | immediate
/// ```
///
/// Targets are indices into the same array. Wide immediates, map pointers and function pointers
/// wait in the pool. What a [Proof] has settled is said by the op.
///
/// @param rules of loads by a rule, which name one by index
/// @param usesStack whether any instruction reads R10
record Predecoded(int[] code, long[] pool, LoadRule[] rules, boolean usesStack) {
  /// Ints a slot.
  static final int STEP = 4;

  static Predecoded of(Bound bound) {
    Insns insns = bound.program().insns();
    Builder builder = new Builder(bound.proof(), new int[insns.size() * STEP]);
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      builder.put(bound, insns.at(pc), pc);
    }
    long[] pool = builder.pool.stream().mapToLong(Long::longValue).toArray();
    LoadRule[] rules = builder.rules.toArray(LoadRule[]::new);
    return new Predecoded(builder.code, pool, rules, builder.usesStack);
  }

  private static final class Builder {
    private final @Nullable Proof proof;
    private final int[] code;
    private final List<Long> pool = new ArrayList<>();
    private final List<LoadRule> rules = new ArrayList<>();
    private boolean usesStack;

    Builder(@Nullable Proof proof, int[] code) {
      this.proof = proof;
      this.code = code;
    }

    void put(Bound bound, Insn insn, int pc) {
      int next = pc + 1;
      switch (insn) {
        case Insn.Alu(var op, var width, Reg dst, Operand src) ->
            put(pc, Op.alu(op, width, src), dst, src, 0);
        case Insn.Mov(var width, Reg dst, Operand src) -> put(pc, Op.mov(width, src), dst, src, 0);
        case Insn.MovSx(var width, var from, Reg dst, Reg src) ->
            put(pc, Op.movSx(width, from), dst, src, 0);
        case Insn.Neg(var width, Reg dst) -> {
          int op = width == io.bpf4j.isa.Width.W64 ? Op.NEG64 : Op.NEG32;
          put(pc, op, dst, NONE, 0);
        }
        case Insn.Swap(var order, int bits, Reg dst) ->
            put(pc, Op.swap(order == Insn.Swap.Order.LE, bits), dst, NONE, 0);
        case Insn.LoadImm64 load -> {
          put(pc, Op.LDDW, load.dst(), NONE, pool.size());
          pool.add(bound.wideValue(load, pc));
        }
        case Insn.Load load -> load(pc, load);
        case Insn.Store(var size, Reg base, short offset, Operand src) -> {
          int op = Op.store(size, src);
          put(pc, isRaw(pc) ? Op.raw(op) : op, base, src, offset);
          reads(base);
        }
        case Insn.Jump(var op, var width, Reg dst, Operand src, short offset) -> {
          put(pc, Op.jump(op, width, src), dst, src, (next + offset) * STEP);
          reads(dst);
        }
        case Insn.Goto(int offset, boolean _) ->
            put(pc, Op.GOTO, Reg.R0, NONE, (next + offset) * STEP);
        case Insn.MayGoto(short offset) ->
            put(pc, Op.MAY_GOTO, Reg.R0, NONE, (next + offset) * STEP);
        case Insn.CallHelper(int id) -> {
          boolean settled = proof != null && proof.settles(pc);
          put(pc, settled ? Op.CALL_PROVED : Op.CALL_HELPER, Reg.R0, new Imm(id), 0);
        }
        case Insn.CallLocal(int offset) ->
            put(pc, Op.CALL_LOCAL, Reg.R0, NONE, (next + offset) * STEP);
        case Insn.CallReg(Reg target) -> put(pc, Op.CALL_REG, target, NONE, 0);
        case Insn.Exit() -> put(pc, Op.EXIT, Reg.R0, NONE, 0);
        // Rare: the loop reads the record itself.
        case Insn.Atomic(var _, boolean _, var _, Reg base, short _, Reg src) -> {
          put(pc, Op.ATOMIC, base, src, 0);
          reads(base);
        }
        case Insn.LoadAcquire(var _, Reg dst, Reg base, short _) ->
            put(pc, Op.LOAD_ACQUIRE, dst, base, 0);
        case Insn.StoreRelease(var _, Reg base, short _, Reg src) -> {
          put(pc, Op.STORE_RELEASE, base, src, 0);
          reads(base);
        }
        case Insn.LegacyLoad _ -> put(pc, Op.PACKET_LOAD, Reg.R0, NONE, 0);
        case Insn.CallKfunc _, Insn.AddrSpaceCast _ ->
            throw new IllegalStateException("binding refuses " + insn);
      }
    }

    private void load(int pc, Insn.Load load) {
      int op = Op.load(load.size(), load.signed());
      Proof.@Nullable Access access = proof == null ? null : proof.access(pc);
      if (access instanceof Proof.Access.Field(LoadRule rule)) {
        put(pc, Op.FIELD, load.dst(), load.base(), rules.size());
        code[pc * STEP + 3] = load.signed() ? -load.size().bytes() : load.size().bytes();
        rules.add(rule);
      } else {
        put(pc, isRaw(pc) ? Op.raw(op) : op, load.dst(), load.base(), load.offset());
      }
    }

    private boolean isRaw(int pc) {
      return proof != null && proof.access(pc) instanceof Proof.Access.Raw;
    }

    private static final Operand NONE = new Imm(0);

    private void put(int pc, int op, Reg dst, Operand src, int c) {
      int at = pc * STEP;
      code[at] = op;
      code[at + 2] = c;
      switch (src) {
        case Imm(int value) -> {
          code[at + 1] = dst.ordinal();
          code[at + 3] = value;
        }
        case Reg reg -> {
          code[at + 1] = dst.ordinal() | reg.ordinal() << 8;
          reads(reg);
        }
      }
    }

    private void reads(Reg reg) {
      usesStack |= reg == Reg.FP;
    }
  }
}
