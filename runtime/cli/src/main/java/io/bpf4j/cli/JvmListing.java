package io.bpf4j.cli;

import java.io.PrintStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Prints generated class files, a line an instruction with its byte offset.
final class JvmListing {
  private final PrintStream out;

  JvmListing(PrintStream out) {
    this.out = out;
  }

  void print(byte[] classFile) {
    ClassModel type = ClassFile.of().parse(classFile);
    out.printf("class %s, %,d bytes%n", type.thisClass().asInternalName(), classFile.length);
    type.fields()
        .forEach(f ->
            out.printf(
                "  field %s %s%n", f.fieldName().stringValue(), f.fieldType().stringValue()));
    type.methods().forEach(this::print);
  }

  private void print(MethodModel method) {
    out.printf(
        "  method %s%s%n", method.methodName().stringValue(), method.methodType().stringValue());
    method.findAttribute(Attributes.code()).ifPresent(this::print);
  }

  private void print(CodeAttribute code) {
    int offset = 0;
    for (CodeElement element : code) {
      switch (element) {
        case Instruction insn -> {
          out.printf(
              "  %6d: %s%s%n",
              offset, insn.opcode().name().toLowerCase(Locale.ROOT), operands(code, insn));
          offset += insn.sizeInBytes();
        }
        case LineNumber line -> out.printf("          ; line %d%n", line.line());
        case ExceptionCatch handler ->
            out.printf(
                "          ; %s from %d to %d is caught at %d%n",
                handler.catchType().map(c -> c.asInternalName()).orElse("anything"),
                code.labelToBci(handler.tryStart()),
                code.labelToBci(handler.tryEnd()),
                code.labelToBci(handler.handler()));
        default -> {}
      }
    }
    out.printf(
        "          %,d bytes, %d locals, stack %d%n", offset, code.maxLocals(), code.maxStack());
  }

  private static String operands(CodeAttribute code, Instruction insn) {
    return switch (insn) {
      case BranchInstruction b -> " " + at(code, b.target());
      case ConstantInstruction.IntrinsicConstantInstruction _ -> "";
      case ConstantInstruction c -> " " + c.constantValue();
      case FieldInstruction f ->
          " %s.%s:%s"
              .formatted(
                  f.owner().asInternalName(), f.name().stringValue(), f.type().stringValue());
      case InvokeInstruction i ->
          " %s.%s%s"
              .formatted(
                  i.owner().asInternalName(), i.name().stringValue(), i.type().stringValue());
      case LoadInstruction l -> l.sizeInBytes() == 1 ? "" : " " + l.slot();
      case StoreInstruction s -> s.sizeInBytes() == 1 ? "" : " " + s.slot();
      case IncrementInstruction i -> " %d by %d".formatted(i.slot(), i.constant());
      case TypeCheckInstruction t -> " " + t.type().asInternalName();
      case NewObjectInstruction n -> " " + n.className().asInternalName();
      case TableSwitchInstruction t -> cases(code, t.cases(), t.defaultTarget());
      case LookupSwitchInstruction l -> cases(code, l.cases(), l.defaultTarget());
      default -> "";
    };
  }

  private static String cases(CodeAttribute code, List<SwitchCase> cases, Label otherwise) {
    return cases.stream()
        .map(c -> c.caseValue() + " -> " + at(code, c.target()))
        .collect(Collectors.joining(", ", " ", ", default -> " + at(code, otherwise)));
  }

  private static int at(CodeAttribute code, Label label) {
    return code.labelToBci(label);
  }
}
