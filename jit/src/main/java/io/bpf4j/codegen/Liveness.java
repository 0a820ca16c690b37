package io.bpf4j.codegen;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;

/// Which registers and promoted slots are still read after each point: a backward dataflow, one set
/// of [Vars] an instruction. R10 is never in a set; it is always there.
final class Liveness {
  private static final long ARGUMENTS =
      Vars.bit(Reg.R1) | Vars.bit(Reg.R2) | Vars.bit(Reg.R3) | Vars.bit(Reg.R4) | Vars.bit(Reg.R5);

  private final long[] before;

  private Liveness(long[] before) {
    this.before = before;
  }

  static Liveness solve(Cfg cfg, Kinds kinds) {
    long[] before = new long[cfg.insns().size()];
    long[] uses = new long[before.length];
    long[] defines = new long[before.length];
    for (int pc = 0; pc < before.length; pc++) {
      if (cfg.insns().startsAt(pc) && kinds.reaches(pc)) {
        uses[pc] = uses(cfg.insns().at(pc)) & ~Vars.bit(Reg.FP);
        defines[pc] = defines(cfg.insns().at(pc));
        slot(cfg, kinds, pc, uses, defines);
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int pc = before.length - 1; pc >= 0; pc--) {
        if (!cfg.insns().startsAt(pc) || !kinds.reaches(pc)) {
          continue;
        }
        long live = 0;
        if (cfg.fallsThrough(pc)) {
          live |= before[cfg.insns().next(pc)];
        }
        int jump = cfg.jump(pc);
        if (jump != Cfg.NO_JUMP) {
          live |= before[jump];
        }
        live = (live & ~defines[pc]) | uses[pc];
        changed |= live != before[pc];
        before[pc] = live;
      }
    }
    return new Liveness(before);
  }

  /// What is read at this instruction or after it before it is written.
  long before(int pc) {
    return before[pc];
  }

  private static void slot(Cfg cfg, Kinds kinds, int pc, long[] uses, long[] defines) {
    switch (cfg.insns().at(pc)) {
      case Insn.Load load -> {
        int slot = find(kinds, pc, load.base(), load.offset(), load.size().bytes());
        if (slot >= 0) {
          uses[pc] |= Vars.bit(Vars.SLOTS + slot);
        }
      }
      case Insn.Store store -> {
        int slot = find(kinds, pc, store.base(), store.offset(), store.size().bytes());
        if (slot >= 0) {
          defines[pc] |= Vars.bit(Vars.SLOTS + slot);
        }
      }
      default -> {}
    }
  }

  private static int find(Kinds kinds, int pc, Reg base, int offset, int size) {
    Kind kind = kinds.before(pc, base);
    return kind.is(Kind.Tag.FP) ? kinds.slots(pc).indexOf(kind.value() + offset, size) : -1;
  }

  private static long uses(Insn insn) {
    return switch (insn) {
      case Insn.Alu alu -> Vars.bit(alu.dst()) | of(alu.src());
      case Insn.Mov mov -> of(mov.src());
      case Insn.MovSx mov -> Vars.bit(mov.src());
      case Insn.Neg neg -> Vars.bit(neg.dst());
      case Insn.Swap swap -> Vars.bit(swap.dst());
      case Insn.Load load -> Vars.bit(load.base());
      case Insn.Store store -> Vars.bit(store.base()) | of(store.src());
      case Insn.Atomic atomic ->
          Vars.bit(atomic.base())
              | Vars.bit(atomic.src())
              | (atomic.op() == AtomicOp.CMPXCHG ? Vars.bit(Reg.R0) : 0);
      case Insn.LoadAcquire load -> Vars.bit(load.base());
      case Insn.StoreRelease store -> Vars.bit(store.base()) | Vars.bit(store.src());
      case Insn.Jump jump -> Vars.bit(jump.dst()) | of(jump.src());
      case Insn.CallHelper _, Insn.CallLocal _ -> ARGUMENTS;
      case Insn.CallReg call -> ARGUMENTS | Vars.bit(call.target());
      case Insn.LegacyLoad load -> {
        Reg src = load.src();
        yield Vars.bit(Reg.R6) | (src == null ? 0 : Vars.bit(src));
      }
      case Insn.Exit _ -> Vars.bit(Reg.R0);
      case Insn.MayGoto _ -> Vars.bit(Vars.LOOPS);
      default -> 0;
    };
  }

  private static long of(Operand operand) {
    return operand instanceof Reg reg ? Vars.bit(reg) : 0;
  }

  static long defines(Insn insn) {
    return switch (insn) {
      case Insn.Mov mov -> Vars.bit(mov.dst());
      case Insn.MovSx mov -> Vars.bit(mov.dst());
      case Insn.Alu alu -> Vars.bit(alu.dst());
      case Insn.Neg neg -> Vars.bit(neg.dst());
      case Insn.Swap swap -> Vars.bit(swap.dst());
      case Insn.LoadImm64 load -> Vars.bit(load.dst());
      case Insn.Load load -> Vars.bit(load.dst());
      case Insn.LoadAcquire load -> Vars.bit(load.dst());
      case Insn.Atomic atomic when atomic.op() == AtomicOp.CMPXCHG -> Vars.bit(Reg.R0);
      case Insn.Atomic atomic when atomic.fetch() -> Vars.bit(atomic.src());
      case Insn.CallHelper _, Insn.CallLocal _, Insn.CallReg _, Insn.LegacyLoad _ ->
          Vars.bit(Reg.R0);
      default -> 0;
    };
  }
}
