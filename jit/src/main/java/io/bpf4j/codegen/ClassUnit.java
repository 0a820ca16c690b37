package io.bpf4j.codegen;

import io.bpf4j.codegen.ClassPlan.Method;
import io.bpf4j.engine.Bound;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.mem.MemoryBackend;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// A class that is being written, with its class data: the list of objects its code refers to. The
/// memory's Unsafe instance and the [Bound] are in static final fields, which C2 takes as constants
/// even in code that has not run yet; the others are dynamic constants.
///
/// ```
/// class data: [ Unsafe or "", Bound, helper handles, helpers, methods of other classes ... ]
/// ```
final class ClassUnit implements Linkage, Opcodes {
  private static final String LIST = "java/util/List";

  private final int number;
  private final String name;
  private final ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
  private final List<Object> data = new ArrayList<>();
  private final IdentityHashMap<Object, ConstantDynamic> constants = new IdentityHashMap<>();
  private final Links links;

  ClassUnit(int number, String name, Bound bound, Links links) {
    this.number = number;
    this.name = name;
    this.links = links;
    String[] interfaces =
        number == 0 ? new String[] {Type.getInternalName(RunnableProgram.class)} : new String[0];
    writer.visit(V25, ACC_FINAL | ACC_SUPER, name, null, "java/lang/Object", interfaces);
    Object unsafe = MemoryBackend.current().unsafe();
    data.add(unsafe == null ? "" : unsafe);
    data.add(bound);
    fields();
  }

  private void fields() {
    String unsafe = MemoryBackend.current().unsafeClassName();
    MethodVisitor mv = writer.visitMethod(ACC_STATIC, "<clinit>", "()V", null, null);
    mv.visitCode();
    mv.visitMethodInsn(
        INVOKESTATIC,
        "java/lang/invoke/MethodHandles",
        "lookup",
        "()Ljava/lang/invoke/MethodHandles$Lookup;",
        false);
    mv.visitLdcInsn("_");
    mv.visitLdcInsn(Type.getObjectType(LIST));
    mv.visitMethodInsn(
        INVOKESTATIC,
        "java/lang/invoke/MethodHandles",
        "classData",
        "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;)"
            + "Ljava/lang/Object;",
        false);
    mv.visitTypeInsn(CHECKCAST, LIST);
    mv.visitVarInsn(ASTORE, 0);
    if (unsafe != null) {
      field(mv, 0, Emitter.UNSAFE_FIELD, unsafe.replace('.', '/'));
    }
    field(mv, 1, Emitter.BOUND_FIELD, Type.getInternalName(Bound.class));
    mv.visitInsn(RETURN);
    mv.visitMaxs(0, 0);
    mv.visitEnd();
  }

  private void field(MethodVisitor mv, int index, String field, String type) {
    writer
        .visitField(ACC_PRIVATE | ACC_STATIC | ACC_FINAL, field, "L" + type + ";", null, null)
        .visitEnd();
    mv.visitVarInsn(ALOAD, 0);
    mv.visitInsn(ICONST_0 + index);
    mv.visitMethodInsn(INVOKEINTERFACE, LIST, "get", "(I)Ljava/lang/Object;", true);
    mv.visitTypeInsn(CHECKCAST, type);
    mv.visitFieldInsn(PUTSTATIC, name, field, "L" + type + ";");
  }

  String name() {
    return name;
  }

  ClassWriter writer() {
    return writer;
  }

  /// The objects the class refers to.
  List<Object> data() {
    return data;
  }

  /// Starts a method: static, but for the one that runs the program.
  MethodVisitor method(Method method) {
    int access = method.type().equals(Layout.ENTRY_TYPE) ? ACC_PUBLIC : ACC_STATIC;
    MethodVisitor mv = writer.visitMethod(access, method.name(), method.type(), null, null);
    mv.visitCode();
    return mv;
  }

  @Override
  public void beforeCall(Emitter out, Method method) {
    if (method.unit() != number) {
      out.constant(constant(links.to(method), MethodHandle.class));
    }
  }

  @Override
  public void call(Emitter out, Method method) {
    if (method.unit() == number) {
      out.callStatic(name, method.name(), method.type());
    } else {
      out.invokeExact(method.type());
    }
  }

  @Override
  public ConstantDynamic constant(Object value, Class<?> type) {
    return constants.computeIfAbsent(
        value,
        object -> {
          data.add(object);
          return new ConstantDynamic(
              "_", Type.getDescriptor(type), ClassPlan.CLASS_DATA_AT, data.size() - 1);
        });
  }
}
