package io.bpf4j.codegen;

import io.bpf4j.engine.Proof;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.verifier.StackSpan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a program treats its stack, read off the kinds: which bytes of its frames it reads and
/// writes by number, whether an address of the stack gets where it is no longer followed, and
/// whether anything is accessed that could be anywhere. When both happen, the stack must look as
/// the interpreter leaves it at every moment; else only what is read by number needs to be right.
///
/// A proof knows of every access which memory it reaches. With one, all touches of the stack are
/// known, by callees and helpers too, and numbers lead nowhere.
final class StackUse {
  /// Bytes of a function's frame that an instruction touches, from the frame pointer: negative.
  ///
  /// @param exact whether it is one load or store of just these bytes
  record Touch(int pc, int from, int to, boolean write, boolean exact) {}

  private final Analysis analysis;
  private final Cfg cfg;
  private final Kinds kinds;
  private final @Nullable Proof proof;
  private final List<Touch> touches = new ArrayList<>();
  private boolean leaks;
  private boolean wild;

  /// @param live of the registers at least
  StackUse(Analysis analysis, Kinds kinds, Liveness live) {
    this.analysis = analysis;
    this.cfg = analysis.cfg();
    this.kinds = kinds;
    this.proof = analysis.proof();
    // A function that is also called may not know the context as such.
    this.leaks = analysis.ctx() != null && !kinds.before(0, Reg.R1).is(Kind.Tag.CTX);
    for (int pc = 0; pc < cfg.insns().size(); pc++) {
      if (cfg.insns().startsAt(pc) && kinds.reaches(pc)) {
        if (proof != null) {
          proved(pc, cfg.insns().at(pc), proof);
        } else {
          visit(pc, cfg.insns().at(pc));
          edges(pc, live);
        }
      }
    }
  }

  /// Whether an address of the stack or beside it may be in a register or in memory as a plain
  /// number, and something is accessed through plain numbers.
  boolean anythingGoes() {
    return proof == null && leaks && wild;
  }

  /// The known touches of a function's frame by number, by ascending pc.
  List<Touch> touches(Cfg.Function function) {
    return touches.subList(firstFrom(function.start()), firstFrom(function.end()));
  }

  private int firstFrom(int pc) {
    int low = 0;
    int high = touches.size();
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (touches.get(mid).pc() < pc) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  private void proved(int pc, Insn insn, Proof proof) {
    switch (insn) {
      case Insn.Load load ->
          proved(pc, load.base(), load.offset(), load.size().bytes(), false, true, proof);
      case Insn.LoadAcquire load ->
          proved(pc, load.base(), load.offset(), load.size().bytes(), false, false, proof);
      case Insn.Store store ->
          proved(pc, store.base(), store.offset(), store.size().bytes(), true, true, proof);
      case Insn.StoreRelease store ->
          proved(pc, store.base(), store.offset(), store.size().bytes(), true, false, proof);
      case Insn.Atomic atomic -> {
        int size = atomic.size().bytes();
        proved(pc, atomic.base(), atomic.offset(), size, false, false, proof);
        proved(pc, atomic.base(), atomic.offset(), size, true, false, proof);
      }
      case Insn.CallHelper _ when analysis.constantValue(pc) != 0 -> {}
      case Insn.CallHelper _, Insn.CallLocal _ -> spans(pc, proof);
      default -> {}
    }
  }

  private void proved(
      int pc, Reg base, int offset, int size, boolean write, boolean exact, Proof proof) {
    Kind kind = kinds.before(pc, base);
    if (kind.is(Kind.Tag.FP)) {
      touch(pc, kind.value() + offset, size, write, exact);
    } else {
      spans(pc, proof);
    }
  }

  private void spans(int pc, Proof proof) {
    for (StackSpan span : proof.stack(pc)) {
      touches.add(new Touch(pc, span.from(), span.to(), span.write(), false));
    }
  }

  private void visit(int pc, Insn insn) {
    switch (insn) {
      case Insn.Load load ->
          access(pc, load.base(), load.offset(), load.size().bytes(), false, true);
      case Insn.LoadAcquire load ->
          access(pc, load.base(), load.offset(), load.size().bytes(), false, false);
      case Insn.Store store -> {
        access(pc, store.base(), store.offset(), store.size().bytes(), true, true);
        Kind base = kinds.before(pc, store.base());
        boolean kept =
            base.is(Kind.Tag.FP)
                && kinds.slots(pc).indexOf(base.value() + store.offset(), 8) >= 0
                && store.size().bytes() == 8;
        leaks |= !kept && tellsStack(pc, store.src());
      }
      case Insn.StoreRelease store -> {
        access(pc, store.base(), store.offset(), store.size().bytes(), true, false);
        leaks |= tellsStack(pc, store.src());
      }
      case Insn.Atomic atomic -> {
        int size = atomic.size().bytes();
        access(pc, atomic.base(), atomic.offset(), size, false, false);
        access(pc, atomic.base(), atomic.offset(), size, true, false);
        leaks |= tellsStack(pc, atomic.src()) || tellsStack(pc, Reg.R0);
      }
      case Insn.Mov mov -> leaks |= mov.width() == Width.W32 && tellsStack(pc, mov.src());
      case Insn.MovSx mov -> leaks |= tellsStack(pc, mov.src());
      case Insn.Neg neg -> leaks |= tellsStack(pc, neg.dst());
      case Insn.Swap swap -> leaks |= tellsStack(pc, swap.dst());
      case Insn.Alu alu -> {
        boolean from = tellsStack(pc, alu.dst()) || tellsStack(pc, alu.src());
        Kind to = kinds.after(pc)[alu.dst().ordinal()];
        leaks |= from && !to.is(Kind.Tag.FP) && !to.is(Kind.Tag.CTX);
      }
      case Insn.CallHelper(int id) -> helper(pc, id);
      case Insn.CallLocal call -> {
        Kind[] callee = kinds.before(Cfg.callee(pc, call));
        for (int i = 1; i <= 5; i++) {
          Kind passed = kinds.before(pc)[i];
          leaks |= passed.tellsStack() && !callee[i].equals(passed);
        }
      }
      case Insn.CallReg _ -> {
        for (int i = 1; i <= 5; i++) {
          leaks |= kinds.before(pc)[i].tellsStack();
        }
        wild = true;
      }
      case Insn.Exit _ -> leaks |= cfg.functionAt(pc).index() != 0 && tellsStack(pc, Reg.R0);
      default -> {}
    }
  }

  private boolean tellsStack(int pc, Operand operand) {
    return operand instanceof Reg reg && kinds.before(pc, reg).tellsStack();
  }

  /// A pointer that is followed on one way and not where the ways meet.
  private void edges(int pc, Liveness live) {
    Kind[] after = kinds.after(pc);
    if (cfg.fallsThrough(pc)) {
      edge(after, cfg.insns().next(pc), live);
    }
    int jump = cfg.jump(pc);
    if (jump != Cfg.NO_JUMP) {
      edge(after, jump, live);
    }
  }

  private void edge(Kind[] after, int to, Liveness live) {
    Kind[] there = kinds.before(to);
    for (int i = 0; i < after.length; i++) {
      boolean read = i >= Kinds.REGS || (live.before(to) & Vars.bit(i)) != 0;
      leaks |= read && after[i].tellsStack() && !after[i].equals(there[i]);
    }
  }

  private void access(int pc, Reg base, int offset, int size, boolean write, boolean exact) {
    Kind kind = kinds.before(pc, base);
    switch (Access.of(analysis, kinds, pc, kind, offset, size, write)) {
      case Access.Local _ -> touch(pc, kind.value() + offset, size, write, exact);
      case Access.Free _ when kind.is(Kind.Tag.FP) ->
          touch(pc, kind.value() + offset, size, write, exact);
      case Access.Free _, Access.NotNull _, Access.Field _ -> {}
      case Access.InMemory _, Access.InRegion _ -> wild = true;
      case Access.OnStack _, Access.Unknown _ -> {
        wild = true;
        leaks |= kind.tellsStack();
      }
    }
  }

  private void touch(int pc, long from, long size, boolean write, boolean exact) {
    if (size > 0) {
      touches.add(new Touch(pc, (int) from, (int) (from + size), write, exact));
    }
  }

  private void helper(int pc, int id) {
    Helper helper = analysis.bound().platform().helper(id);
    if (helper == null) {
      return;
    }
    for (int i = 0; i < helper.args().size(); i++) {
      ArgType type = helper.args().get(i);
      Kind kind = kinds.before(pc)[1 + i];
      if (type == ArgType.ANY && kind.tellsStack()) {
        leaks = true;
      }
      long size = Arguments.length(analysis, kinds, pc, helper, i);
      if (size == Arguments.NO_MEMORY) {
        continue;
      }
      boolean write =
          type == ArgType.MEM_OUT || type == ArgType.MAP_VALUE_OUT || type == ArgType.LONG_OUT;
      if (kind.is(Kind.Tag.FP) && size >= 0 && Kinds.inFrame(kind.value(), size)) {
        touch(pc, kind.value(), size, write, false);
      } else if (!Arguments.settled(analysis, kinds, pc, helper, i)) {
        wild = true;
        leaks |= kind.tellsStack();
      }
    }
  }
}
