package io.bpf4j.codegen;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.isa.Reg;
import io.bpf4j.prog.Program;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// Writes the part of a program's first class that makes it a [io.bpf4j.engine.RunnableProgram]: an
/// instance with the report, and `run`, which starts the entry function on a fresh budget, or is
/// it.
final class ProgramClass implements Opcodes {
  private static final String REPORT = Type.getDescriptor(CompileReport.class);
  private static final String PROGRAM = Type.getDescriptor(Program.class);
  private static final String BOUND = Type.getInternalName(Bound.class);
  private static final String ILLEGAL = "java/lang/IllegalArgumentException";

  private ProgramClass() {}

  static void write(ClassUnit unit) {
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
  }

  /// Writes `run` as a method that starts the entry function, which is one of its own.
  static void run(ClassUnit unit, Bound bound, ClassPlan.Method entry) {
    MethodVisitor mv = unit.writer().visitMethod(ACC_PUBLIC, "run", Layout.ENTRY_TYPE, null, null);
    mv.visitCode();
    Emitter out = new Emitter(mv, unit.name(), Layout.ENTRY);
    start(mv, out, bound);
    unit.beforeCall(out, entry);
    out.cpu();
    out.cpu();
    out.callVirtual(Layout.CPU, "stackTop", "()J");
    out.load(Reg.R1);
    out.load(Reg.R2);
    out.push(0L);
    out.push(0L);
    out.push(0L);
    unit.call(out, entry);
    finish(mv, LRETURN);
  }

  /// What every run starts with: R1 of a typed program must be the context, since loads through it
  /// were compiled for that place; and there is a fresh budget.
  static void start(MethodVisitor mv, Emitter out, Bound bound) {
    if (bound.ctx() != null) {
      Label right = new Label();
      out.load(Reg.R1);
      out.cpu();
      out.callVirtual(Layout.CPU, "ctx", "()J");
      out.insn(LCMP);
      out.jump(IFEQ, right);
      out.callStatic(BranchLowering.CHECKS, "wrongContext", "()L" + ILLEGAL + ";");
      out.insn(ATHROW);
      mv.visitLabel(right);
      mv.visitFrame(F_SAME, 0, null, 0, null);
    }
    out.cpu();
    out.push(bound.options().fuel());
    out.callVirtual(Layout.CPU, "fuel", "(J)V");
  }

  private static void finish(MethodVisitor mv, int opcode) {
    mv.visitInsn(opcode);
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }
}
