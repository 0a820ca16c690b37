package io.bpf4j.codegen;

import io.bpf4j.engine.Proof;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Packet;
import io.bpf4j.platform.Helper;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// Calls of helpers and of functions of the program.
///
/// A helper is a constant method handle. Arguments that [Arguments] cannot settle are checked
/// before it; when the map is a constant the helper's form for that map is called, which C2 inlines
/// down to the map's own code.
final class CallLowering implements Opcodes {
  private static final String BOUND_CPU = "(Lio/bpf4j/engine/Bound;Lio/bpf4j/mem/Cpu;";
  private static final String HELPER_TYPE = Type.getDescriptor(Helper.class);

  private final Analysis analysis;
  private final Emitter out;
  private final Linkage linkage;
  private final Scope scope;
  private final BranchLowering branches;
  private final boolean shallow;

  CallLowering(
      Analysis analysis, Emitter out, Linkage linkage, Scope scope, BranchLowering branches) {
    this.analysis = analysis;
    this.out = out;
    this.linkage = linkage;
    this.scope = scope;
    this.branches = branches;
    this.shallow = analysis.shallow();
  }

  /// A call of a helper; the result goes to R0, the other registers keep their values.
  void helper(int pc, int id) {
    Helper helper = analysis.bound().platform().helper(id);
    MethodHandle impl = helper == null ? null : helper.impl();
    if (helper == null || impl == null) {
      genericHelper(pc, () -> out.push(id));
      return;
    }
    long value = analysis.constantValue(pc);
    if (value != 0) {
      out.push(value);
      out.store(Reg.R0);
      return;
    }
    Proof proof = analysis.proof();
    if (proof == null || !proof.settles(pc)) {
      test(pc, helper);
    }
    MethodHandle forMap = forMap(pc, helper);
    out.constant(linkage.constant(forMap == null ? impl : forMap, MethodHandle.class));
    out.cpu();
    for (int i = forMap == null ? 1 : 2; i <= 5; i++) {
      out.load(i);
    }
    out.invokeExact(forMap == null ? "(Lio/bpf4j/mem/Cpu;JJJJJ)J" : "(Lio/bpf4j/mem/Cpu;JJJJ)J");
    out.store(Reg.R0);
  }

  /// A packet load: the number goes to R0; one that misses the packet ends the function with 0.
  void packetLoad(int pc, Insn.LegacyLoad load) {
    Reg src = load.src();
    Label miss = new Label();
    out.bound();
    out.cpu();
    out.load(Reg.R6);
    out.push(load.offset());
    if (src != null) {
      out.load(src);
      out.insn(L2I);
      out.insn(IADD);
    }
    out.push(load.size().bytes());
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "packetLoad", BOUND_CPU + "JIII)J");
    out.store(Reg.R0);
    out.load(Reg.R0);
    out.push(Packet.MISS);
    out.insn(LCMP);
    out.jump(IFEQ, miss);
    out.cold(() -> {
      out.place(miss);
      out.push(0L);
      out.store(Reg.R0);
      branches.exit();
    });
  }

  /// Tests what is not settled. Short tests are inline; when one fails, or an argument needs a long
  /// one, [io.bpf4j.engine.Checks] looks at all of them in order.
  private void test(int pc, Helper helper) {
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < helper.args().size(); i++) {
      if (!Arguments.settled(analysis, analysis.kinds(), pc, helper, i)) {
        if (!shortTest(pc, helper, i)) {
          checkArguments(pc, helper);
          return;
        }
        open.add(i);
      }
    }
    if (open.isEmpty()) {
      return;
    }
    Label slow = new Label();
    Label good = new Label();
    for (int i : open) {
      test(pc, helper, i, slow);
    }
    out.cold(() -> {
      out.place(slow);
      checkArguments(pc, helper);
      out.jump(GOTO, good);
    });
    out.place(good);
  }

  private boolean shortTest(int pc, Helper helper, int i) {
    return switch (helper.args().get(i)) {
      case SOCK, SOCK_OR_NULL -> true;
      case CTX -> analysis.ctx() != null;
      default -> Arguments.settledUnlessNull(analysis, analysis.kinds(), pc, helper, i);
    };
  }

  private void test(int pc, Helper helper, int i, Label slow) {
    switch (helper.args().get(i)) {
      case SOCK -> testSocket(1 + i, slow);
      case SOCK_OR_NULL -> {
        Label none = new Label();
        out.load(1 + i);
        out.push(0L);
        out.insn(LCMP);
        out.jump(IFEQ, none);
        testSocket(1 + i, slow);
        out.place(none);
      }
      case CTX -> {
        out.load(1 + i);
        out.cpu();
        out.callVirtual(Layout.CPU, "ctx", "()J");
        out.insn(LCMP);
        out.jump(IFNE, slow);
      }
      default -> {
        out.load(1 + i);
        out.push(analysis.kinds().before(pc)[1 + i].value());
        out.insn(LCMP);
        out.jump(IFEQ, slow);
      }
    }
  }

  private void testSocket(int variable, Label slow) {
    out.cpu();
    out.load(variable);
    out.callStatic(BranchLowering.CHECKS, "isSocket", "(Lio/bpf4j/mem/Cpu;J)Z");
    out.jump(IFEQ, slow);
  }

  private void checkArguments(int pc, Helper helper) {
    out.bound();
    out.cpu();
    out.load(Vars.FP);
    out.constant(linkage.constant(helper, Helper.class));
    arguments();
    out.push(pc);
    out.callStatic(
        BranchLowering.CHECKS, "checkArguments", BOUND_CPU + "J" + HELPER_TYPE + "JJJJJI)V");
  }

  private @Nullable MethodHandle forMap(int pc, Helper helper) {
    int map = helper.forMap() == null ? -1 : analysis.mapOfCall(pc);
    return map >= 0 && analysis.maps().takes(helper, map) ? analysis.forMap(helper, map) : null;
  }

  private void genericHelper(int pc, Runnable id) {
    out.bound();
    out.cpu();
    out.load(Vars.FP);
    id.run();
    arguments();
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "call", BOUND_CPU + "JIJJJJJI)J");
    out.store(Reg.R0);
  }

  private void arguments() {
    for (int i = 1; i <= 5; i++) {
      out.load(i);
    }
  }

  /// A call of a function whose place is known.
  void local(int pc, Insn.CallLocal call) {
    branches.spend(pc);
    checkDepth(pc);
    branches.writeFuel();
    ClassPlan.Method callee =
        scope.function(analysis.cfg().functionAt(Cfg.callee(pc, call)).index());
    linkage.beforeCall(out, callee);
    calleeArguments();
    linkage.call(out, callee);
    out.store(Reg.R0);
    branches.readFuel();
  }

  /// `(cpu, fp - 512, r1 … r5)`.
  private void calleeArguments() {
    out.cpu();
    out.load(Vars.FP);
    out.push((long) Cpu.FRAME_BYTES);
    out.insn(LSUB);
    arguments();
  }

  private void checkDepth(int pc) {
    if (shallow) {
      return;
    }
    Label deep = new Label();
    out.cpu();
    out.callVirtual(Layout.CPU, "stackTop", "()J");
    out.load(Vars.FP);
    out.insn(LSUB);
    out.push((long) Cpu.FRAME_BYTES * (Cpu.MAX_FRAMES - 1));
    out.insn(LCMP);
    out.jump(IFGE, deep);
    out.cold(() -> {
      out.place(deep);
      branches.fail(pc, "tooDeep", "(Lio/bpf4j/engine/Bound;I)Lio/bpf4j/error/CallFault;");
    });
  }

  /// A call through a register: [io.bpf4j.engine.Checks] says what it reaches, a function's pc or
  /// the complement of a helper's number.
  void register(int pc, Insn.CallReg call) {
    Label helper = new Label();
    Label done = new Label();
    out.bound();
    out.load(call.target());
    out.push(pc);
    out.callStatic(BranchLowering.CHECKS, "callTarget", "(Lio/bpf4j/engine/Bound;JI)I");
    out.insn(I2L);
    out.insn(DUP2);
    out.store(Vars.SCRATCH);
    out.push(0L);
    out.insn(LCMP);
    out.jump(IFLT, helper);
    branches.spend(pc);
    checkDepth(pc);
    branches.writeFuel();
    linkage.beforeCall(out, scope.dispatcher());
    calleeArguments();
    out.load(Vars.SCRATCH);
    out.insn(L2I);
    linkage.call(out, scope.dispatcher());
    out.store(Reg.R0);
    branches.readFuel();
    out.cold(() -> {
      out.place(helper);
      genericHelper(
          pc,
          () -> {
            out.load(Vars.SCRATCH);
            out.insn(L2I);
            out.push(-1);
            out.insn(IXOR);
          });
      out.jump(GOTO, done);
    });
    out.place(done);
  }
}
