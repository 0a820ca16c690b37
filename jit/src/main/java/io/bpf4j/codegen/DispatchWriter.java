package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Content;
import io.bpf4j.codegen.ClassPlan.Method;
import java.util.List;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/// Writes the method behind calls through registers: it takes a function's arguments and its pc,
/// and calls it. Many functions are reached over a tree of such methods.
final class DispatchWriter implements Opcodes {
  /// `(Cpu cpu, long fp, long r1 ... r5, int pc)long`.
  static final String TYPE = "(L" + Layout.CPU + ";JJJJJJI)J";

  private static final int PC = 13;

  private DispatchWriter() {}

  static void write(ClassPlan plan, ClassUnit unit, Method method, Content.Dispatcher dispatcher) {
    MethodVisitor mv = unit.method(method);
    Emitter out = new Emitter(mv, unit.name(), Layout.FUNCTION);
    out.frame(new Object[] {Layout.CPU, LONG, LONG, LONG, LONG, LONG, LONG, INTEGER});
    List<Cfg.Function> functions = dispatcher.functions();
    if (dispatcher.inner().isEmpty()) {
      choose(out, plan, unit, functions);
    } else {
      descend(out, unit, functions, dispatcher.inner());
    }
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }

  private static void choose(
      Emitter out, ClassPlan plan, ClassUnit unit, List<Cfg.Function> functions) {
    int[] keys = functions.stream().mapToInt(Cfg.Function::start).toArray();
    Label[] labels = new Label[keys.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = new Label();
    }
    // The pc was checked to be a function's; the last one needs no test.
    out.local(ILOAD, PC);
    out.lookupSwitch(labels[labels.length - 1], keys, labels);
    for (int i = 0; i < labels.length; i++) {
      out.place(labels[i]);
      call(out, unit, plan.function(functions.get(i).index()), false);
    }
  }

  private static void descend(
      Emitter out, ClassUnit unit, List<Cfg.Function> functions, List<Method> inner) {
    int share = Math.ceilDiv(functions.size(), ClassPlan.MAX_CHOICES);
    for (int i = 0; i < inner.size() - 1; i++) {
      Label further = new Label();
      out.local(ILOAD, PC);
      out.push(functions.get((i + 1) * share).start());
      out.jump(IF_ICMPGE, further);
      call(out, unit, inner.get(i), true);
      out.place(further);
    }
    call(out, unit, inner.getLast(), true);
  }

  private static void call(Emitter out, ClassUnit unit, Method target, boolean withPc) {
    unit.beforeCall(out, target);
    out.cpu();
    out.load(Vars.FP);
    for (int i = 1; i <= 5; i++) {
      out.load(i);
    }
    if (withPc) {
      out.local(ILOAD, PC);
    }
    unit.call(out, target);
    out.insn(LRETURN);
  }
}
