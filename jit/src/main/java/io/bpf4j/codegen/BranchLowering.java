package io.bpf4j.codegen;

import io.bpf4j.engine.Checks;
import io.bpf4j.engine.Engine;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// Jumps, and the budget they spend: 1 for each jump that is taken to its own slot or back. The
/// counter makes C2 see a counted loop, so that it often costs less than nothing.
final class BranchLowering implements Opcodes {
  static final String CHECKS = Type.getInternalName(Checks.class);

  private final Emitter out;
  private final Scope scope;

  BranchLowering(Emitter out, Scope scope) {
    this.out = out;
    this.scope = scope;
  }

  /// An unconditional jump.
  void jump(int pc, int target) {
    if (target <= pc) {
      spend(pc);
    }
    out.jump(GOTO, scope.label(target));
  }

  /// A conditional jump.
  void jump(int pc, Insn.Jump jump) {
    int target = pc + 1 + jump.offset();
    if (target > pc) {
      out.jump(compare(jump), scope.label(target));
      return;
    }
    Label past = new Label();
    out.jump(opposite(compare(jump)), past);
    spend(pc);
    out.jump(GOTO, scope.label(target));
    out.place(past);
  }

  /// Jumps when the function's loops are spent; counts up otherwise, from the 0 that every variable
  /// starts with.
  void mayGoto(int pc, int target) {
    Label on = new Label();
    out.load(Vars.LOOPS);
    out.push(Engine.MAX_LOOPS);
    out.insn(LCMP);
    if (target > pc) {
      out.jump(IFGE, scope.label(target));
    } else {
      out.jump(IFLT, on);
      spend(pc);
      out.jump(GOTO, scope.label(target));
      out.place(on);
    }
    out.load(Vars.LOOPS);
    out.push(1L);
    out.insn(LADD);
    out.store(Vars.LOOPS);
  }

  /// Takes 1 from the budget, or ends the run when there is none.
  void spend(int pc) {
    Label spent = new Label();
    out.count(Vars.SPENT);
    out.loadInt(Vars.SPENT);
    out.loadInt(Vars.LIMIT);
    out.jump(IF_ICMPGE, spent);
    out.cold(() -> {
      out.place(spent);
      fail(pc, "budget", "(Lio/bpf4j/engine/Bound;I)Lio/bpf4j/error/BudgetExhausted;");
    });
  }

  /// Throws what a method of [Checks] makes for `(bound, pc)`.
  void fail(int pc, String method, String type) {
    out.bound();
    out.push(pc);
    out.callStatic(CHECKS, method, type);
    out.insn(ATHROW);
  }

  /// Returns R0 from the function.
  void exit() {
    writeFuel();
    if (out.layout() != Layout.CHUNK) {
      out.load(Reg.R0);
      out.insn(LRETURN);
      return;
    }
    out.local(ALOAD, Layout.FRAME);
    out.push(0);
    out.load(Reg.R0);
    out.insn(LASTORE);
    out.push(-1);
    out.insn(IRETURN);
  }

  /// Hands the budget back to the CPU slot, before somebody else looks at it.
  void writeFuel() {
    if (scope.keepsFuel()) {
      Prologue.giveFuel(out);
    }
  }

  /// Takes the budget from the CPU slot.
  void readFuel() {
    if (scope.keepsFuel()) {
      Prologue.takeFuel(out);
    }
  }

  /// Compares, and answers the opcode that jumps when the condition holds.
  private int compare(Insn.Jump jump) {
    if (jump.op() == JmpOp.JSET) {
      if (jump.width() == Width.W64) {
        wide(jump.dst());
        wide(jump.src());
        out.insn(LAND);
        out.push(0L);
        out.insn(LCMP);
      } else {
        narrow(jump.dst());
        narrow(jump.src());
        out.insn(IAND);
      }
      return IFNE;
    }
    if (jump.width() == Width.W64) {
      wide(jump.dst());
      wide(jump.src());
      if (unsigned(jump.op())) {
        out.callStatic("java/lang/Long", "compareUnsigned", "(JJ)I");
      } else {
        out.insn(LCMP);
      }
      return toZero(jump.op());
    }
    narrow(jump.dst());
    if (unsigned(jump.op())) {
      narrow(jump.src());
      out.callStatic("java/lang/Integer", "compareUnsigned", "(II)I");
      return toZero(jump.op());
    }
    if (jump.src() instanceof Imm(int value) && value == 0) {
      return toZero(jump.op());
    }
    narrow(jump.src());
    return toZero(jump.op()) - IFEQ + IF_ICMPEQ;
  }

  private static boolean unsigned(JmpOp op) {
    return switch (op) {
      case JGT, JGE, JLT, JLE -> true;
      default -> false;
    };
  }

  private static int toZero(JmpOp op) {
    return switch (op) {
      case JEQ -> IFEQ;
      case JNE, JSET -> IFNE;
      case JGT, JSGT -> IFGT;
      case JGE, JSGE -> IFGE;
      case JLT, JSLT -> IFLT;
      case JLE, JSLE -> IFLE;
    };
  }

  /// The opcode that jumps when `opcode` does not: they stand in pairs from IFEQ on.
  private static int opposite(int opcode) {
    return ((opcode - IFEQ) ^ 1) + IFEQ;
  }

  private void wide(Operand operand) {
    switch (operand) {
      case Reg reg -> out.load(reg);
      case Imm(int value) -> out.push((long) value);
    }
  }

  private void narrow(Operand operand) {
    switch (operand) {
      case Reg reg -> {
        out.load(reg);
        out.insn(L2I);
      }
      case Imm(int value) -> out.push(value);
    }
  }
}
