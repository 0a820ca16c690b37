package io.bpf4j.codegen;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/// Counts what is emitted instead of writing it: bytes of bytecode and entries of the constant
/// pool. Both counts are upper bounds, exact but for loads of constants (3 bytes where an early
/// constant takes 2) and for constants that another instruction shares. Methods stay below 8,000
/// bytes, so no jump is a wide one.
final class SizeCounter extends MethodVisitor {
  private int bytes;
  private int constants;
  private final Set<Object> seen = new HashSet<>();

  SizeCounter() {
    super(Opcodes.ASM9);
  }

  /// Bytes since the last reset.
  int bytes() {
    return bytes;
  }

  /// Entries of the constant pool since the last reset.
  int constants() {
    return constants;
  }

  void reset() {
    bytes = 0;
    constants = 0;
    seen.clear();
  }

  @Override
  public void visitInsn(int opcode) {
    bytes++;
  }

  @Override
  public void visitIntInsn(int opcode, int operand) {
    bytes += opcode == Opcodes.SIPUSH ? 3 : 2;
  }

  @Override
  public void visitVarInsn(int opcode, int index) {
    bytes += index < 4 ? 1 : index < 256 ? 2 : 4;
  }

  @Override
  public void visitTypeInsn(int opcode, String type) {
    bytes += 3;
    constants += 2;
  }

  @Override
  public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
    // The few fields of a class are part of its fixed cost.
    bytes += 3;
  }

  @Override
  public void visitMethodInsn(
      int opcode, String owner, String name, String descriptor, boolean isInterface) {
    bytes += opcode == Opcodes.INVOKEINTERFACE ? 5 : 3;
    if (owner.startsWith(ClassPlan.PREFIX) && seen.add(name)) {
      constants += 3;
    }
  }

  @Override
  public void visitInvokeDynamicInsn(
      String name, String descriptor, Handle bootstrap, Object... arguments) {
    throw new UnsupportedOperationException("invokedynamic");
  }

  @Override
  public void visitJumpInsn(int opcode, Label label) {
    bytes += 3;
  }

  @Override
  public void visitLdcInsn(Object value) {
    bytes += 3;
    if (seen.add(value)) {
      constants += value instanceof Integer ? 1 : value instanceof Long ? 2 : 4;
    }
  }

  @Override
  public void visitIincInsn(int index, int increment) {
    bytes += 3;
  }

  @Override
  public void visitTableSwitchInsn(int min, int max, Label defaultLabel, Label... labels) {
    bytes += 16 + 4 * labels.length;
  }

  @Override
  public void visitLookupSwitchInsn(Label defaultLabel, int[] keys, Label[] labels) {
    bytes += 12 + 8 * keys.length;
  }
}
