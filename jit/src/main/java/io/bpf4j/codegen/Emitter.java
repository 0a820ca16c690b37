package io.bpf4j.codegen;

import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.MemoryBackend;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/// A thin typed layer over ASM that knows the variables and the memory backend of a method. The
/// same code drives it twice: once into a [SizeCounter], once into the class file.
///
/// Code that is never reached in good runs is handed to [#cold] and written behind the rest.
final class Emitter implements Opcodes {
  static final String UNSAFE_FIELD = "UNSAFE";
  static final String BOUND_FIELD = "BOUND";
  static final String BOUND_TYPE = "Lio/bpf4j/engine/Bound;";
  private static final String MEMORY = "io/bpf4j/mem/Memory";

  private final MethodVisitor mv;
  private final String owner;
  private final Layout layout;
  private final @Nullable String unsafe;
  private final Deque<Runnable> cold = new ArrayDeque<>();
  private long used;
  private long stored;
  private int accesses;
  private Object @Nullable [] frame;

  /// @param owner the internal name of the class that the method is in
  Emitter(MethodVisitor mv, String owner, Layout layout) {
    this.mv = mv;
    this.owner = owner;
    this.layout = layout;
    String name = MemoryBackend.current().unsafeClassName();
    this.unsafe = name == null ? null : name.replace('.', '/');
  }

  /// Says which variables are set at every label.
  void frame(long used) {
    this.frame = layout.frame(used, owner);
  }

  Layout layout() {
    return layout;
  }

  /// The variables that were touched so far.
  long used() {
    return used;
  }

  /// The variables that were assigned so far.
  long stored() {
    return stored;
  }

  /// The accesses to memory that were emitted so far.
  int accesses() {
    return accesses;
  }

  /// Forgets what was touched and counted.
  void resetCounts() {
    used = 0;
    stored = 0;
    accesses = 0;
  }

  /// The locals that every label of the method finds; the first frame writes them out, the others
  /// say "the same".
  void frame(Object[] locals) {
    this.frame = locals;
  }

  void insn(int opcode) {
    mv.visitInsn(opcode);
  }

  void load(int variable) {
    used |= Vars.bit(variable);
    mv.visitVarInsn(LLOAD, layout.local(variable));
  }

  void load(Reg reg) {
    load(reg.ordinal());
  }

  void store(int variable) {
    used |= Vars.bit(variable);
    stored |= Vars.bit(variable);
    mv.visitVarInsn(LSTORE, layout.local(variable));
  }

  /// Loads one of [Vars#INTS].
  void loadInt(int variable) {
    used |= Vars.bit(variable);
    mv.visitVarInsn(ILOAD, layout.local(variable));
  }

  /// Stores one of [Vars#INTS].
  void storeInt(int variable) {
    used |= Vars.bit(variable);
    mv.visitVarInsn(ISTORE, layout.local(variable));
  }

  /// Adds 1 to one of [Vars#INTS].
  void count(int variable) {
    used |= Vars.bit(variable);
    mv.visitIincInsn(layout.local(variable), 1);
  }

  void store(Reg reg) {
    store(reg.ordinal());
  }

  void cpu() {
    mv.visitVarInsn(ALOAD, layout.cpu());
  }

  /// Loads or stores a local by its JVM number.
  void local(int opcode, int local) {
    mv.visitVarInsn(opcode, local);
  }

  void push(int value) {
    if (value >= -1 && value <= 5) {
      mv.visitInsn(ICONST_0 + value);
    } else if (value == (byte) value) {
      mv.visitIntInsn(BIPUSH, value);
    } else if (value == (short) value) {
      mv.visitIntInsn(SIPUSH, value);
    } else {
      mv.visitLdcInsn(value);
    }
  }

  /// Pushes a `long` in the way that takes the fewest entries of the constant pool.
  void push(long value) {
    if (value == 0 || value == 1) {
      mv.visitInsn(value == 0 ? LCONST_0 : LCONST_1);
    } else if (value == (int) value) {
      push((int) value);
      mv.visitInsn(I2L);
    } else {
      mv.visitLdcInsn(value);
    }
  }

  /// Pushes a constant of the class data.
  void constant(Object dynamic) {
    mv.visitLdcInsn(dynamic);
  }

  void jump(int opcode, Label target) {
    mv.visitJumpInsn(opcode, target);
  }

  /// Places a label that is jumped to with an empty stack.
  void place(Label label) {
    mv.visitLabel(label);
    if (frame == null) {
      return;
    }
    if (frame.length > 0) {
      mv.visitFrame(F_FULL, frame.length, frame, 0, new Object[0]);
      frame = new Object[0];
    } else {
      mv.visitFrame(F_SAME, 0, null, 0, null);
    }
  }

  /// Places a label that is jumped to with one `int` on the stack.
  void placeWithInt(Label label) {
    mv.visitLabel(label);
    if (frame == null) {
      return;
    }
    if (frame.length > 0) {
      mv.visitFrame(F_FULL, frame.length, frame, 1, new Object[] {INTEGER});
      frame = new Object[0];
    } else {
      mv.visitFrame(F_SAME1, 0, null, 1, new Object[] {INTEGER});
    }
  }

  void tableSwitch(int from, Label other, Label... labels) {
    mv.visitTableSwitchInsn(from, from + labels.length - 1, other, labels);
  }

  void lookupSwitch(Label other, int[] keys, Label[] labels) {
    mv.visitLookupSwitchInsn(other, keys, labels);
  }

  void callStatic(String owner, String name, String type) {
    mv.visitMethodInsn(INVOKESTATIC, owner, name, type, false);
  }

  void callVirtual(String owner, String name, String type) {
    mv.visitMethodInsn(INVOKEVIRTUAL, owner, name, type, false);
  }

  /// Calls the handle below the arguments.
  void invokeExact(String type) {
    callVirtual("java/lang/invoke/MethodHandle", "invokeExact", type);
  }

  void bound() {
    mv.visitFieldInsn(GETSTATIC, owner, BOUND_FIELD, BOUND_TYPE);
  }

  /// Pushes a constant of an enum.
  void enumConstant(String type, String name) {
    mv.visitFieldInsn(GETSTATIC, type.substring(1, type.length() - 1), name, type);
  }

  /// Starts an access to memory: the address goes on the stack next.
  void access() {
    accesses++;
    if (unsafe != null) {
      mv.visitFieldInsn(GETSTATIC, owner, UNSAFE_FIELD, "L" + unsafe + ";");
    }
  }

  /// Loads from the address on the stack, and widens to a `long`.
  void get(int size, boolean signed) {
    Type type = type(size);
    memory("get" + title(type), Type.getMethodDescriptor(type, Type.LONG_TYPE));
    if (size == 8) {
      return;
    }
    if (!signed && size < 4) {
      push(size == 1 ? 0xff : 0xffff);
      insn(IAND);
    }
    insn(I2L);
    if (!signed && size == 4) {
      push(0xffff_ffffL);
      insn(LAND);
    }
  }

  /// Stores what is on the stack: an address, and an `int` or for 8 bytes a `long`.
  void put(int size) {
    if (size < 4) {
      insn(size == 1 ? I2B : I2S);
    }
    Type type = type(size);
    memory("put" + title(type), Type.getMethodDescriptor(Type.VOID_TYPE, Type.LONG_TYPE, type));
  }

  /// Emits an addition or exchange at [Vars#ADDRESS] of a register, when the backend has it as one
  /// instruction; leaves the old value on the stack.
  boolean atomic(AtomicOp op, int size, Reg value) {
    if (unsafe == null || (op != AtomicOp.ADD && op != AtomicOp.XCHG)) {
      return false;
    }
    access();
    insn(ACONST_NULL);
    load(Vars.ADDRESS);
    load(value);
    String name = op == AtomicOp.ADD ? "getAndAdd" : "getAndSet";
    if (size == 4) {
      insn(L2I);
      callVirtual(unsafe, name + "Int", "(Ljava/lang/Object;JI)I");
      insn(I2L);
      push(0xffff_ffffL);
      insn(LAND);
    } else {
      callVirtual(unsafe, name + "Long", "(Ljava/lang/Object;JJ)J");
    }
    return true;
  }

  /// Calls a method of [io.bpf4j.mem.AtomicMemory].
  void callAtomic(String name, String type) {
    accesses++;
    callStatic("io/bpf4j/mem/AtomicMemory", name, type);
  }

  private void memory(String name, String type) {
    if (unsafe != null) {
      callVirtual(unsafe, name, type);
    } else {
      callStatic(MEMORY, name, type);
    }
  }

  private static Type type(int size) {
    return switch (size) {
      case 1 -> Type.BYTE_TYPE;
      case 2 -> Type.SHORT_TYPE;
      case 4 -> Type.INT_TYPE;
      default -> Type.LONG_TYPE;
    };
  }

  private static String title(Type type) {
    String name = type.getClassName();
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }

  /// Leaves code for the end of the method.
  void cold(Runnable code) {
    cold.add(code);
  }

  /// Writes what was left, and what that leaves in turn.
  void writeCold() {
    while (!cold.isEmpty()) {
      cold.remove().run();
    }
  }
}
