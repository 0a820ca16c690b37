package io.bpf4j.mutation;

import static org.objectweb.asm.Opcodes.*;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;

/// Breaks a compiled class, one instruction at a time. It knows that a compiler is full of numbers
/// that are JVM opcodes and names of methods to be called, and puts others of the same kind there,
/// so that what comes out is a program that is wrong and not one that no JVM loads.
final class Mutator {
  /// Instructions, and opcodes as numbers in a compiler, with what takes as much from the stack and
  /// leaves as much there.
  private static final Map<Integer, Integer> SWAPS =
      Map.ofEntries(
          Map.entry(LADD, LSUB),
          Map.entry(LSUB, LADD),
          Map.entry(LMUL, LADD),
          Map.entry(LDIV, LREM),
          Map.entry(LREM, LDIV),
          Map.entry(LAND, LOR),
          Map.entry(LOR, LXOR),
          Map.entry(LXOR, LOR),
          Map.entry(LSHL, LSHR),
          Map.entry(LSHR, LUSHR),
          Map.entry(LUSHR, LSHR),
          Map.entry(IADD, ISUB),
          Map.entry(ISUB, IADD),
          Map.entry(IMUL, IADD),
          Map.entry(IDIV, IREM),
          Map.entry(IREM, IDIV),
          Map.entry(IAND, IOR),
          Map.entry(IOR, IXOR),
          Map.entry(IXOR, IOR),
          Map.entry(ISHL, ISHR),
          Map.entry(ISHR, IUSHR),
          Map.entry(IUSHR, ISHR),
          Map.entry(LNEG, NOP),
          Map.entry(INEG, NOP),
          Map.entry(I2B, I2S),
          Map.entry(I2S, I2B),
          Map.entry(IFEQ, IFNE),
          Map.entry(IFNE, IFEQ),
          Map.entry(IFLT, IFLE),
          Map.entry(IFLE, IFLT),
          Map.entry(IFGT, IFGE),
          Map.entry(IFGE, IFGT));

  private static final String EMITTER = "io/bpf4j/codegen/Emitter";

  private static final Map<String, String> NAMES =
      Map.of(
          "divideUnsigned", "remainderUnsigned",
          "remainderUnsigned", "divideUnsigned",
          "compareUnsigned", "compare",
          "add", "or",
          "or", "and",
          "and", "xor",
          "xor", "add",
          "exchange", "add");

  private static final Map<Integer, Integer> OPPOSITES =
      Map.ofEntries(
          Map.entry(IFEQ, IFNE),
          Map.entry(IFNE, IFEQ),
          Map.entry(IFLT, IFGE),
          Map.entry(IFGE, IFLT),
          Map.entry(IFGT, IFLE),
          Map.entry(IFLE, IFGT),
          Map.entry(IF_ICMPEQ, IF_ICMPNE),
          Map.entry(IF_ICMPNE, IF_ICMPEQ),
          Map.entry(IF_ICMPLT, IF_ICMPGE),
          Map.entry(IF_ICMPGE, IF_ICMPLT),
          Map.entry(IF_ICMPGT, IF_ICMPLE),
          Map.entry(IF_ICMPLE, IF_ICMPGT),
          Map.entry(IF_ACMPEQ, IF_ACMPNE),
          Map.entry(IF_ACMPNE, IF_ACMPEQ),
          Map.entry(IFNULL, IFNONNULL),
          Map.entry(IFNONNULL, IFNULL));

  private final ClassNode type = new ClassNode();
  private final List<Mutation> found = new ArrayList<>();
  private final int wanted;
  private @Nullable MethodNode method;

  /// How many mutations each method has; overloads count together.
  private final Map<String, Integer> counts = new HashMap<>();

  private int line;

  private Mutator(byte[] file, int wanted) {
    new ClassReader(file).accept(type, 0);
    this.wanted = wanted;
  }

  /// All mutations of a class.
  static List<Mutation> mutations(String owner) {
    Mutator mutator = new Mutator(bytes(owner), -1);
    mutator.walk();
    return mutator.found;
  }

  /// The class with the mutation of that number.
  static byte[] mutant(String owner, int number) {
    Mutator mutator = new Mutator(bytes(owner), number);
    mutator.walk();
    ClassWriter writer = new ClassWriter(0);
    mutator.type.accept(writer);
    return writer.toByteArray();
  }

  static byte[] bytes(String owner) {
    String file = "/" + owner + ".class";
    try (InputStream in = Objects.requireNonNull(Mutator.class.getResourceAsStream(file), file)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void walk() {
    for (MethodNode each : type.methods) {
      boolean written = (each.access & ACC_SYNTHETIC) == 0 || each.name.startsWith("lambda$");
      if (!written || each.name.equals("<clinit>") || each.name.equals("<init>")) {
        continue;
      }
      method = each;
      for (AbstractInsnNode insn : each.instructions.toArray()) {
        if (insn instanceof LineNumberNode number) {
          line = number.line;
        } else {
          look(insn);
        }
      }
    }
  }

  /// Notes a mutation, and makes it when it is the one that is wanted.
  private void offer(String what, Runnable make) {
    if (found.size() == wanted) {
      make.run();
    }
    String name = Objects.requireNonNull(method).name;
    int number = counts.merge(name, 1, Integer::sum) - 1;
    found.add(new Mutation(type.name, name, number, line, what));
  }

  private InsnList code() {
    return Objects.requireNonNull(method).instructions;
  }

  private void look(AbstractInsnNode insn) {
    switch (insn) {
      case JumpInsnNode jump when OPPOSITES.containsKey(jump.getOpcode()) ->
          offer(
              "condition turned around",
              () -> jump.setOpcode(Objects.requireNonNull(OPPOSITES.get(jump.getOpcode()))));
      case MethodInsnNode call -> call(call);
      case TableSwitchInsnNode table -> cases(table.labels, table.dflt);
      case LookupSwitchInsnNode table -> cases(table.labels, table.dflt);
      case LdcInsnNode constant -> constant(constant);
      case IntInsnNode number when number.getOpcode() != NEWARRAY -> number(number);
      case InsnNode simple -> simple(simple);
      default -> {}
    }
  }

  /// A call that gives nothing is left out, unless it writes one instruction, without which no JVM
  /// loads what is written; a zero extension becomes a sign extension.
  private void call(MethodInsnNode call) {
    if (call.name.equals("u32")) {
      offer("u32 -> i2l", () -> code().set(call, new InsnNode(I2L)));
    }
    boolean gives = !Type.getReturnType(call.desc).equals(Type.VOID_TYPE);
    boolean own = call.owner.startsWith("io/bpf4j/") && !call.owner.equals(EMITTER);
    if (gives || !own || call.getOpcode() == INVOKEINTERFACE || call.name.equals("<init>")) {
      return;
    }
    offer(
        "no call of " + call.name,
        () -> {
          Type[] arguments = Type.getArgumentTypes(call.desc);
          for (int i = arguments.length - 1; i >= 0; i--) {
            code().insertBefore(call, new InsnNode(arguments[i].getSize() == 2 ? POP2 : POP));
          }
          code().set(call, new InsnNode(call.getOpcode() == INVOKESTATIC ? NOP : POP));
        });
  }

  /// Each case goes where the next one goes. Labels are themselves alone.
  @SuppressWarnings("ReferenceEquality")
  private void cases(List<LabelNode> labels, LabelNode otherwise) {
    for (int i = 0; i + 1 < labels.size(); i++) {
      int at = i;
      LabelNode next = labels.get(i + 1);
      if (labels.get(i) != next && labels.get(i) != otherwise && next != otherwise) {
        offer("case %d goes to the next".formatted(i), () -> labels.set(at, next));
      }
    }
  }

  private void constant(LdcInsnNode constant) {
    switch (constant.cst) {
      case Long value -> {
        offer("%d -> -1".formatted(value), () -> constant.cst = -1L);
        offer("%d -> half".formatted(value), () -> constant.cst = value >>> 1);
      }
      case Integer value -> offer("%d -> half".formatted(value), () -> constant.cst = value >>> 1);
      case String name when NAMES.containsKey(name) -> {
        String other = Objects.requireNonNull(NAMES.get(name));
        offer(name + " -> " + other, () -> constant.cst = other);
      }
      default -> {}
    }
  }

  private void number(IntInsnNode number) {
    Integer swap = SWAPS.get(number.operand);
    if (swap == null && number.operand >= ILOAD && number.operand <= IFNONNULL) {
      return;
    }
    int other = swap == null || swap == NOP ? number.operand + 1 : swap;
    offer("%d -> %d".formatted(number.operand, other), () -> number.operand = other);
  }

  private void simple(InsnNode insn) {
    int opcode = insn.getOpcode();
    Integer swap = SWAPS.get(opcode);
    if (swap != null) {
      offer("opcode %d -> %d".formatted(opcode, swap), () -> code().set(insn, new InsnNode(swap)));
    } else if (opcode >= ICONST_0 && opcode <= ICONST_4) {
      // 1 becomes 0, since it may be a truth.
      int other = opcode == ICONST_1 ? ICONST_0 : opcode + 1;
      offer(
          "%d -> %d".formatted(opcode - ICONST_0, other - ICONST_0),
          () -> code().set(insn, new InsnNode(other)));
    } else if (opcode == LCONST_0 || opcode == LCONST_1) {
      int other = opcode == LCONST_0 ? LCONST_1 : LCONST_0;
      offer("long constant changed", () -> code().set(insn, new InsnNode(other)));
    }
  }
}
