package io.bpf4j.codegen;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/// One instruction to JVM bytecode. Registers are `long` locals; 32-bit results are masked, which
/// C2 folds into 32-bit machine instructions. Shifts are raw: the JVM masks counts as BPF does.
///
/// The meaning of every operation is that of its row in [AluOp] and [io.bpf4j.isa.JmpOp]; the
/// sequences here are what C2 compiles best.
final class Lowering implements Opcodes {
  private final Analysis analysis;
  private final Emitter out;
  private final MemoryLowering memory;
  private final CallLowering calls;
  private final BranchLowering branches;

  Lowering(Analysis analysis, Emitter out, Linkage linkage, Scope scope) {
    this.analysis = analysis;
    this.out = out;
    this.memory = new MemoryLowering(analysis, out);
    this.branches = new BranchLowering(out, scope);
    this.calls = new CallLowering(analysis, out, linkage, scope, branches);
  }

  /// Emits the instruction at `pc`.
  void lower(int pc) {
    Insn insn = analysis.cfg().insns().at(pc);
    switch (insn) {
      case Insn.Alu alu when alu.width() == Width.W64 -> alu64(alu);
      case Insn.Alu alu -> alu32(alu);
      case Insn.Mov mov -> mov(mov);
      case Insn.MovSx mov -> movSx(mov);
      case Insn.Neg(Width width, Reg dst) -> neg(width, dst);
      case Insn.Swap swap -> swap(swap);
      case Insn.LoadImm64 load -> {
        out.push(
            load.source() == PseudoLoad.IMM ? load.imm() : analysis.bound().wideValue(load, pc));
        out.store(load.dst());
      }
      case Insn.Load load -> memory.load(pc, load);
      case Insn.Store store -> memory.store(pc, store);
      case Insn.Atomic atomic -> memory.atomic(pc, atomic);
      case Insn.LoadAcquire load -> memory.loadAcquire(pc, load);
      case Insn.StoreRelease store -> memory.storeRelease(pc, store);
      case Insn.Jump jump -> jump(pc, jump);
      case Insn.Goto jump -> branches.jump(pc, pc + 1 + jump.offset());
      case Insn.MayGoto jump -> branches.mayGoto(pc, pc + 1 + jump.offset());
      case Insn.CallHelper call -> calls.helper(pc, call.id());
      case Insn.CallLocal call -> calls.local(pc, call);
      case Insn.CallReg call -> calls.register(pc, call);
      case Insn.Exit _ -> branches.exit();
      case Insn.LegacyLoad load -> calls.packetLoad(pc, load);
      case Insn.CallKfunc _, Insn.AddrSpaceCast _ ->
          throw new IllegalStateException("insn " + pc + " was not refused: " + insn);
    }
  }

  /// A jump of which a proof may have decided that it is always taken, or never.
  private void jump(int pc, Insn.Jump jump) {
    int target = analysis.cfg().jump(pc);
    if (target == Cfg.NO_JUMP) {
      return;
    }
    if (analysis.cfg().fallsThrough(pc)) {
      branches.jump(pc, jump);
    } else {
      branches.jump(pc, target);
    }
  }

  private void mov(Insn.Mov mov) {
    if (mov.src() instanceof Imm(int value)) {
      out.push(mov.width() == Width.W64 ? value : Integer.toUnsignedLong(value));
    } else {
      long64(mov.src());
      if (mov.width() == Width.W32) {
        zeroExtend();
      }
    }
    out.store(mov.dst());
  }

  private void movSx(Insn.MovSx mov) {
    out.load(mov.src());
    out.insn(L2I);
    switch (mov.from()) {
      case B -> out.insn(I2B);
      case H -> out.insn(I2S);
      default -> {}
    }
    out.insn(I2L);
    if (mov.width() == Width.W32) {
      zeroExtend();
    }
    out.store(mov.dst());
  }

  private void neg(Width width, Reg dst) {
    out.load(dst);
    out.insn(LNEG);
    if (width == Width.W32) {
      zeroExtend();
    }
    out.store(dst);
  }

  private void swap(Insn.Swap swap) {
    out.load(swap.dst());
    boolean reverse = swap.order() != Insn.Swap.Order.LE;
    switch (swap.bits()) {
      case 16 -> {
        out.insn(L2I);
        if (reverse) {
          out.callStatic("java/lang/Integer", "reverseBytes", "(I)I");
          out.push(16);
          out.insn(IUSHR);
        } else {
          out.push(0xffff);
          out.insn(IAND);
        }
        out.insn(I2L);
      }
      case 32 -> {
        if (reverse) {
          out.insn(L2I);
          out.callStatic("java/lang/Integer", "reverseBytes", "(I)I");
          out.insn(I2L);
        }
        zeroExtend();
      }
      default -> {
        if (reverse) {
          out.callStatic("java/lang/Long", "reverseBytes", "(J)J");
        }
      }
    }
    out.store(swap.dst());
  }

  private void alu64(Insn.Alu alu) {
    switch (alu.op()) {
      case ADD -> simple64(alu, LADD);
      case SUB -> simple64(alu, LSUB);
      case MUL -> simple64(alu, LMUL);
      case OR -> simple64(alu, LOR);
      case AND -> simple64(alu, LAND);
      case XOR -> simple64(alu, LXOR);
      case LSH -> shift64(alu, LSHL);
      case RSH -> shift64(alu, LUSHR);
      case ARSH -> shift64(alu, LSHR);
      case DIV, MOD, SDIV, SMOD -> divide64(alu);
    }
  }

  private void simple64(Insn.Alu alu, int opcode) {
    out.load(alu.dst());
    long64(alu.src());
    out.insn(opcode);
    out.store(alu.dst());
  }

  private void shift64(Insn.Alu alu, int opcode) {
    out.load(alu.dst());
    int32(alu.src());
    out.insn(opcode);
    out.store(alu.dst());
  }

  private void divide64(Insn.Alu alu) {
    if (alu.src() instanceof Imm(int value)) {
      if (value != 0) {
        out.load(alu.dst());
        out.push((long) value);
        quotient64(alu.op());
        out.store(alu.dst());
      } else if (isDivision(alu.op())) {
        out.push(0L);
        out.store(alu.dst());
      }
      return;
    }
    Label zero = new Label();
    Label done = new Label();
    long64(alu.src());
    out.push(0L);
    out.insn(LCMP);
    out.jump(IFEQ, isDivision(alu.op()) ? zero : done);
    out.load(alu.dst());
    long64(alu.src());
    quotient64(alu.op());
    out.store(alu.dst());
    if (isDivision(alu.op())) {
      out.cold(() -> {
        out.place(zero);
        out.push(0L);
        out.store(alu.dst());
        out.jump(GOTO, done);
      });
    }
    out.place(done);
  }

  private void quotient64(AluOp op) {
    switch (op) {
      case DIV -> out.callStatic("java/lang/Long", "divideUnsigned", "(JJ)J");
      case MOD -> out.callStatic("java/lang/Long", "remainderUnsigned", "(JJ)J");
      case SDIV -> out.insn(LDIV);
      default -> out.insn(LREM);
    }
  }

  private static boolean isDivision(AluOp op) {
    return op == AluOp.DIV || op == AluOp.SDIV;
  }

  private void alu32(Insn.Alu alu) {
    switch (alu.op()) {
      case ADD -> simple32(alu, IADD);
      case SUB -> simple32(alu, ISUB);
      case MUL -> simple32(alu, IMUL);
      case OR -> simple32(alu, IOR);
      case AND -> simple32(alu, IAND);
      case XOR -> simple32(alu, IXOR);
      case LSH -> simple32(alu, ISHL);
      case RSH -> simple32(alu, IUSHR);
      case ARSH -> simple32(alu, ISHR);
      case DIV, MOD -> divide32(alu);
      case SDIV, SMOD -> signedDivide32(alu);
    }
  }

  private void simple32(Insn.Alu alu, int opcode) {
    out.load(alu.dst());
    out.insn(L2I);
    int32(alu.src());
    out.insn(opcode);
    out.insn(I2L);
    zeroExtend();
    out.store(alu.dst());
  }

  /// Unsigned division as signed division of zero-extended numbers: C2 turns a constant divisor
  /// into a multiplication.
  private void divide32(Insn.Alu alu) {
    int opcode = isDivision(alu.op()) ? LDIV : LREM;
    if (alu.src() instanceof Imm(int value)) {
      if (value == 0 && isDivision(alu.op())) {
        out.push(0L);
      } else {
        out.load(alu.dst());
        zeroExtend();
        if (value != 0) {
          out.push(Integer.toUnsignedLong(value));
          out.insn(opcode);
        }
      }
      out.store(alu.dst());
      return;
    }
    guarded32(
        alu,
        () -> {
          out.load(alu.dst());
          zeroExtend();
          long64(alu.src());
          zeroExtend();
          out.insn(opcode);
        });
  }

  private void signedDivide32(Insn.Alu alu) {
    if (alu.src() instanceof Imm(int value) && value == 0) {
      if (isDivision(alu.op())) {
        out.push(0L);
      } else {
        out.load(alu.dst());
        zeroExtend();
      }
      out.store(alu.dst());
      return;
    }
    Runnable divide =
        () -> {
          out.load(alu.dst());
          out.insn(L2I);
          int32(alu.src());
          out.insn(isDivision(alu.op()) ? IDIV : IREM);
          out.insn(I2L);
          zeroExtend();
        };
    if (alu.src() instanceof Imm) {
      divide.run();
      out.store(alu.dst());
    } else {
      guarded32(alu, divide);
    }
  }

  /// A division by a register: by zero the quotient is 0 and the remainder the dividend.
  private void guarded32(Insn.Alu alu, Runnable divide) {
    Label zero = new Label();
    Label done = new Label();
    int32(alu.src());
    out.jump(IFEQ, zero);
    divide.run();
    out.store(alu.dst());
    out.cold(() -> {
      out.place(zero);
      if (isDivision(alu.op())) {
        out.push(0L);
      } else {
        out.load(alu.dst());
        zeroExtend();
      }
      out.store(alu.dst());
      out.jump(GOTO, done);
    });
    out.place(done);
  }

  private void zeroExtend() {
    out.push(0xffff_ffffL);
    out.insn(LAND);
  }

  private void long64(Operand operand) {
    switch (operand) {
      case Reg reg -> out.load(reg);
      case Imm(int value) -> out.push((long) value);
    }
  }

  private void int32(Operand operand) {
    switch (operand) {
      case Reg reg -> {
        out.load(reg);
        out.insn(L2I);
      }
      case Imm(int value) -> out.push(value);
    }
  }
}
