package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Content;
import io.bpf4j.codegen.ClassPlan.Method;
import java.util.List;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/// Writes the method that goes from chunk to chunk of a split function: a loop around one
/// `tableswitch` over the chunk's number. Beyond [ClassPlan#MAX_CHOICES] chunks, groups of them
/// have such loops, and the function's own goes between groups.
final class DriverWriter implements Opcodes {
  private static final int NEXT = 14;

  private DriverWriter() {}

  /// Where a variable waits between chunks: the array has the registers first, then the slots.
  static int place(int variable) {
    return variable < Vars.FP ? variable : variable - Vars.SLOTS + Vars.FP;
  }

  /// Writes the function's own method.
  static void driver(
      Analysis analysis, ClassPlan plan, ClassUnit unit, Method method, Content.Driver driver) {
    MethodVisitor mv = unit.method(method);
    Emitter out = new Emitter(mv, unit.name(), Layout.FUNCTION);
    int frame = 13;
    Prologue.clear(out, FrameClearing.words(analysis, driver.function()));
    out.cpu();
    out.load(Vars.FP);
    out.callVirtual(Layout.CPU, "spill", "(J)[J");
    out.local(ASTORE, frame);
    long live = analysis.live().before(driver.function().start());
    for (int variable = 0; variable < Vars.COUNT; variable++) {
      if ((live & Vars.PROGRAM & Vars.bit(variable)) != 0) {
        out.local(ALOAD, frame);
        out.push(place(variable));
        if (variable >= 1 && variable <= 5) {
          out.load(variable);
        } else {
          out.push(0L);
        }
        out.insn(LASTORE);
      }
    }
    out.push(plan.entryNumber(driver.function().start()));
    out.local(ISTORE, NEXT);
    Object[] locals = {
      Layout.CPU, LONG, LONG, LONG, LONG, LONG, LONG, "[J", INTEGER,
    };
    out.frame(locals);
    List<Method> choices = driver.groups().isEmpty() ? driver.chunks() : driver.groups();
    int width = driver.groups().isEmpty() ? 1 : ClassPlan.MAX_CHOICES;
    loop(out, unit, choices, 0, width, frame, NEXT);
    out.local(ALOAD, frame);
    out.push(0);
    out.insn(LALOAD);
    out.insn(LRETURN);
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }

  /// Writes the loop over a group of chunks: a method like a chunk.
  static void group(ClassUnit unit, Method method, Content.Group group) {
    MethodVisitor mv = unit.method(method);
    Emitter out = new Emitter(mv, unit.name(), Layout.CHUNK);
    out.frame(new Object[] {Layout.CPU, LONG, "[J", INTEGER});
    loop(out, unit, group.chunks(), group.first(), 1, Layout.FRAME, Layout.START);
    out.local(ILOAD, Layout.START);
    out.insn(IRETURN);
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }

  /// Loops while the next chunk is one of the choices, each of which stands for `width` chunks from
  /// `first` on.
  private static void loop(
      Emitter out,
      ClassUnit unit,
      List<Method> choices,
      int first,
      int width,
      int frame,
      int next) {
    Label top = new Label();
    Label end = new Label();
    out.place(top);
    out.local(ILOAD, next);
    out.push(16);
    // Signed: the -1 of a return is no chunk.
    out.insn(ISHR);
    if (first > 0) {
      out.push(first);
      out.insn(ISUB);
    }
    if (width > 1) {
      // Rounds down, so that -1 does not become group 0.
      out.push(width);
      out.callStatic("java/lang/Math", "floorDiv", "(II)I");
    }
    Label[] cases = new Label[choices.size()];
    for (int i = 0; i < cases.length; i++) {
      cases[i] = new Label();
    }
    out.tableSwitch(0, end, cases);
    for (int i = 0; i < cases.length; i++) {
      out.place(cases[i]);
      unit.beforeCall(out, choices.get(i));
      out.cpu();
      out.load(Vars.FP);
      out.local(ALOAD, frame);
      out.local(ILOAD, next);
      if (width == 1) {
        out.insn(I2C);
      }
      unit.call(out, choices.get(i));
      out.local(ISTORE, next);
      out.jump(GOTO, top);
    }
    out.place(end);
  }
}
