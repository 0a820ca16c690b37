package io.bpf4j.verifier;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import org.jspecify.annotations.Nullable;

/// Which registers may be read from an instruction on before they are written: a bit a register.
/// The textbook backward analysis within each function (kernel/bpf/verifier.c,
/// compute_live_registers).
final class RegLiveness {
  private static final int CALLER_SAVED = 0x3f;
  private static final int ARGS = 0x3e;

  private RegLiveness() {}

  static int[] of(Cfg cfg, Subject subject, Rules rules) {
    int size = cfg.insns.size();
    int[] live = new int[size];
    int[] uses = new int[size];
    int[] defs = new int[size];
    for (int pc = 0; pc < size; pc = cfg.insns.next(pc)) {
      Insn insn = cfg.insns.at(pc);
      uses[pc] = uses(insn, subject, rules);
      defs[pc] = defs(insn);
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int pc = size - 1; pc >= 0; pc--) {
        if (!cfg.insns.startsAt(pc)) {
          continue;
        }
        int after = 0;
        for (int next : cfg.successors(pc)) {
          after |= live[next];
        }
        int before = (after & ~defs[pc]) | uses[pc];
        changed |= before != live[pc];
        live[pc] = before;
      }
    }
    return live;
  }

  private static int bit(Operand operand) {
    return operand instanceof Reg reg ? 1 << reg.ordinal() : 0;
  }

  private static int uses(Insn insn, Subject subject, Rules rules) {
    return switch (insn) {
      case Insn.Alu alu -> bit(alu.dst()) | bit(alu.src());
      case Insn.Mov mov -> bit(mov.src());
      case Insn.MovSx mov -> bit(mov.src());
      case Insn.Neg neg -> bit(neg.dst());
      case Insn.Swap swap -> bit(swap.dst());
      case Insn.LoadImm64 _ -> 0;
      case Insn.Load load -> bit(load.base());
      case Insn.Store store -> bit(store.base()) | bit(store.src());
      case Insn.Atomic atomic ->
          bit(atomic.base())
              | bit(atomic.src())
              | (atomic.op() == AtomicOp.CMPXCHG ? bit(Reg.R0) : 0);
      case Insn.LoadAcquire load -> bit(load.base());
      case Insn.StoreRelease store -> bit(store.base()) | bit(store.src());
      case Insn.Jump jump -> bit(jump.dst()) | bit(jump.src());
      case Insn.Goto _, Insn.MayGoto _ -> 0;
      case Insn.CallHelper(int id) -> args(rules.helper(id, subject.type()));
      case Insn.CallKfunc _, Insn.CallLocal _ -> ARGS;
      case Insn.CallReg(Reg target) -> ARGS | bit(target);
      case Insn.Exit() -> bit(Reg.R0);
      case Insn.LegacyLoad load -> {
        Reg src = load.src();
        yield bit(Reg.R6) | (src == null ? 0 : bit(src));
      }
      case Insn.AddrSpaceCast cast -> bit(cast.src());
    };
  }

  private static int args(@Nullable HelperRule rule) {
    return rule == null || rule.isSpecial() ? ARGS : (1 << (rule.args().size() + 1)) - 2;
  }

  private static int defs(Insn insn) {
    return switch (insn) {
      case Insn.Mov mov -> bit(mov.dst());
      case Insn.MovSx mov -> bit(mov.dst());
      case Insn.LoadImm64 load -> bit(load.dst());
      case Insn.Load load -> bit(load.dst());
      case Insn.LoadAcquire load -> bit(load.dst());
      case Insn.AddrSpaceCast cast -> bit(cast.dst());
      case Insn.Atomic atomic when atomic.op() == AtomicOp.CMPXCHG -> bit(Reg.R0);
      case Insn.Atomic atomic when atomic.fetch() -> bit(atomic.src());
      case Insn.CallHelper _,
          Insn.CallKfunc _,
          Insn.CallLocal _,
          Insn.CallReg _,
          Insn.LegacyLoad _ ->
          CALLER_SAVED;
      default -> 0;
    };
  }
}
