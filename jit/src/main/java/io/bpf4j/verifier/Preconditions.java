package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import io.bpf4j.prog.ProgType;
import io.bpf4j.verifier.Precondition.Access;
import io.bpf4j.verifier.Precondition.Argument;
import io.bpf4j.verifier.Precondition.AtomicTarget;
import io.bpf4j.verifier.Precondition.BaseKept;
import io.bpf4j.verifier.Precondition.Callable;
import io.bpf4j.verifier.Precondition.ClassicLoads;
import io.bpf4j.verifier.Precondition.Combinable;
import io.bpf4j.verifier.Precondition.ContextInR6;
import io.bpf4j.verifier.Precondition.Initialized;
import io.bpf4j.verifier.Precondition.Never;
import io.bpf4j.verifier.Precondition.NothingHeld;
import io.bpf4j.verifier.Precondition.Unsupported;
import io.bpf4j.verifier.Precondition.Writable;
import java.util.ArrayList;
import java.util.List;

/// What must hold before each instruction.
public final class Preconditions {
  private final List<Precondition> list = new ArrayList<>(4);

  private Preconditions() {}

  /// The preconditions of an instruction in a program of a type, in the order in which they are
  /// looked at.
  public static List<Precondition> of(Insn insn, ProgType type, Rules rules) {
    Preconditions p = new Preconditions();
    p.collect(insn, type, rules);
    return List.copyOf(p.list);
  }

  private void collect(Insn insn, ProgType type, Rules rules) {
    switch (insn) {
      case Insn.Alu alu -> alu(alu);
      case Insn.Mov(Width _, Reg dst, Operand src) -> {
        read(src);
        list.add(new Writable(dst));
      }
      case Insn.MovSx mov -> {
        read(mov.src());
        list.add(new Writable(mov.dst()));
      }
      case Insn.Neg(Width _, Reg dst) -> {
        read(dst);
        list.add(new Writable(dst));
      }
      case Insn.Swap swap -> {
        read(swap.dst());
        list.add(new Writable(swap.dst()));
      }
      case Insn.LoadImm64 load -> list.add(new Writable(load.dst()));
      case Insn.Load load -> {
        read(load.base());
        list.add(new Writable(load.dst()));
        int size = load.size().bytes();
        list.add(new Access(load.base(), load.offset(), size, false, load.signed(), false));
      }
      case Insn.Store store -> {
        read(store.src());
        read(store.base());
        list.add(
            new Access(store.base(), store.offset(), store.size().bytes(), true, false, false));
      }
      case Insn.Atomic atomic -> atomic(atomic);
      case Insn.LoadAcquire load -> {
        read(load.base());
        list.add(new Writable(load.dst()));
        list.add(new Access(load.base(), load.offset(), load.size().bytes(), false, false, true));
        list.add(new AtomicTarget(load.base(), false));
      }
      case Insn.StoreRelease store -> {
        read(store.src());
        read(store.base());
        list.add(new Access(store.base(), store.offset(), store.size().bytes(), true, false, true));
        list.add(new AtomicTarget(store.base(), true));
      }
      case Insn.Jump jump -> {
        read(jump.dst());
        read(jump.src());
      }
      case Insn.CallHelper(int id) -> helper(id, type, rules);
      case Insn.LegacyLoad load -> {
        list.add(new ClassicLoads());
        read(Reg.R6);
        list.add(new NothingHeld("BPF_LD_[ABS|IND]"));
        list.add(new ContextInR6());
        if (load.src() != null) {
          read(load.src());
        }
      }
      case Insn.CallKfunc call -> list.add(new Unsupported("kernel function " + call.btfId()));
      case Insn.CallReg _ -> list.add(new Never("unknown opcode 8d"));
      case Insn.AddrSpaceCast _ -> list.add(new Unsupported("addr_space_cast, for arenas"));
      case Insn.Goto _, Insn.MayGoto _, Insn.CallLocal _, Insn.Exit _ -> {}
    }
  }

  private void read(Operand operand) {
    if (operand instanceof Reg reg) {
      list.add(new Initialized(reg));
    }
  }

  private void alu(Insn.Alu alu) {
    read(alu.src());
    read(alu.dst());
    if (alu.src() instanceof Imm(int number)) {
      if (number == 0 && divides(alu.op())) {
        list.add(new Never("div by zero"));
      }
      if (shifts(alu.op()) && (number < 0 || number >= alu.width().bits())) {
        list.add(new Never("invalid shift " + number));
      }
    }
    list.add(new Writable(alu.dst()));
    list.add(new Combinable(alu.op(), alu.width(), alu.dst(), alu.src()));
  }

  private static boolean divides(AluOp op) {
    return op == AluOp.DIV || op == AluOp.MOD || op == AluOp.SDIV || op == AluOp.SMOD;
  }

  private static boolean shifts(AluOp op) {
    return op == AluOp.LSH || op == AluOp.RSH || op == AluOp.ARSH;
  }

  private void atomic(Insn.Atomic atomic) {
    read(atomic.src());
    read(atomic.base());
    if (atomic.op() == AtomicOp.CMPXCHG) {
      read(Reg.R0);
    }
    list.add(new AtomicTarget(atomic.base(), true));
    if (atomic.fetch()) {
      list.add(new Writable(atomic.op() == AtomicOp.CMPXCHG ? Reg.R0 : atomic.src()));
    }
    int size = atomic.size().bytes();
    list.add(new Access(atomic.base(), atomic.offset(), size, false, false, true));
    Reg loaded = atomic.op() == AtomicOp.CMPXCHG ? Reg.R0 : atomic.src();
    if (atomic.fetch() && loaded == atomic.base()) {
      list.add(new BaseKept(loaded, atomic.offset(), size));
    }
    list.add(new Access(atomic.base(), atomic.offset(), size, true, false, true));
  }

  private void helper(int id, ProgType type, Rules rules) {
    list.add(new Callable(id));
    HelperRule rule = rules.helper(id, type);
    if (rule != null) {
      for (int i = 0; i < rule.args().size(); i++) {
        list.add(new Argument(id, i, rule.args().get(i)));
      }
    }
  }
}
