package io.bpf4j.codegen;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.prog.Program;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// Writes the part of a program's first class that makes it a [io.bpf4j.engine.RunnableProgram]: an
/// instance with the report, and `run`, which starts the entry function on a fresh budget.
final class ProgramClass implements Opcodes {
  private static final String REPORT = Type.getDescriptor(CompileReport.class);
  private static final String PROGRAM = Type.getDescriptor(Program.class);
  private static final String BOUND = Type.getInternalName(Bound.class);
  private static final String ILLEGAL = "java/lang/IllegalArgumentException";

  private ProgramClass() {}

  static void write(ClassUnit unit, Bound bound, ClassPlan.Method entry) {
    ClassWriter writer = unit.writer();
    writer.visitField(ACC_PRIVATE | ACC_FINAL, "report", REPORT, null, null).visitEnd();
    MethodVisitor init = writer.visitMethod(0, "<init>", "(" + REPORT + ")V", null, null);
    init.visitCode();
    init.visitVarInsn(ALOAD, 0);
    init.visitMethodInsn(INVOKESPECIAL, "java/lang/Object", "<init>", "()V", false);
    init.visitVarInsn(ALOAD, 0);
    init.visitVarInsn(ALOAD, 1);
    init.visitFieldInsn(PUTFIELD, unit.name(), "report", REPORT);
    finish(init, RETURN);

    MethodVisitor report = writer.visitMethod(ACC_PUBLIC, "report", "()" + REPORT, null, null);
    report.visitCode();
    report.visitVarInsn(ALOAD, 0);
    report.visitFieldInsn(GETFIELD, unit.name(), "report", REPORT);
    finish(report, ARETURN);

    MethodVisitor program = writer.visitMethod(ACC_PUBLIC, "program", "()" + PROGRAM, null, null);
    program.visitCode();
    program.visitFieldInsn(GETSTATIC, unit.name(), Emitter.BOUND_FIELD, Emitter.BOUND_TYPE);
    program.visitMethodInsn(INVOKEVIRTUAL, BOUND, "program", "()" + PROGRAM, false);
    finish(program, ARETURN);

    run(unit, bound, entry);
  }

  private static void run(ClassUnit unit, Bound bound, ClassPlan.Method entry) {
    MethodVisitor mv =
        unit.writer().visitMethod(ACC_PUBLIC, "run", "(L" + Layout.CPU + ";JJ)J", null, null);
    mv.visitCode();
    Emitter out = new Emitter(mv, unit.name(), Layout.FUNCTION);
    if (bound.ctx() != null) {
      // Loads through R1 were compiled for the context's place; nothing else may come in there.
      Label right = new Label();
      mv.visitVarInsn(LLOAD, 2);
      mv.visitVarInsn(ALOAD, 1);
      out.callVirtual(Layout.CPU, "ctx", "()J");
      mv.visitInsn(LCMP);
      mv.visitJumpInsn(IFEQ, right);
      mv.visitTypeInsn(NEW, ILLEGAL);
      mv.visitInsn(DUP);
      mv.visitLdcInsn("R1 of a typed program is its context, Cpu.ctx()");
      mv.visitMethodInsn(INVOKESPECIAL, ILLEGAL, "<init>", "(Ljava/lang/String;)V", false);
      mv.visitInsn(ATHROW);
      mv.visitLabel(right);
      mv.visitFrame(F_SAME, 0, null, 0, null);
    }
    mv.visitVarInsn(ALOAD, 1);
    out.push(bound.options().fuel());
    out.callVirtual(Layout.CPU, "fuel", "(J)V");
    unit.beforeCall(out, entry);
    mv.visitVarInsn(ALOAD, 1);
    mv.visitVarInsn(ALOAD, 1);
    out.callVirtual(Layout.CPU, "stackTop", "()J");
    mv.visitVarInsn(LLOAD, 2);
    mv.visitVarInsn(LLOAD, 4);
    out.push(0L);
    out.push(0L);
    out.push(0L);
    unit.call(out, entry);
    finish(mv, LRETURN);
  }

  private static void finish(MethodVisitor mv, int opcode) {
    mv.visitInsn(opcode);
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }
}
