package io.bpf4j.codegen;

import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.RunnableProgram;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Turns written classes into hidden classes of this package. Nothing but the program's instance
/// holds them, so they are collected with it.
final class ClassDefiner {
  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

  private ClassDefiner() {}

  /// Defines the classes of a program.
  ///
  /// @return their lookups, by unit
  static List<MethodHandles.Lookup> define(List<ClassUnit> units, List<byte[]> files)
      throws IllegalAccessException {
    List<MethodHandles.Lookup> lookups = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      lookups.add(
          HERE.defineHiddenClassWithClassData(
              files.get(i), List.copyOf(units.get(i).data()), true));
    }
    return lookups;
  }

  /// Makes the program's instance.
  static RunnableProgram instance(MethodHandles.Lookup lookup, CompileReport report)
      throws Throwable {
    return (RunnableProgram)
        lookup
            .findConstructor(
                lookup.lookupClass(), MethodType.methodType(void.class, CompileReport.class))
            .invoke(report);
  }

  /// The bytes of bytecode of every method of a class file, by name.
  static Map<String, Integer> sizes(byte[] file) {
    Map<String, Integer> sizes = new HashMap<>();
    for (MethodModel method : ClassFile.of().parse(file).methods()) {
      int bytes = method.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
      sizes.put(method.methodName().stringValue(), bytes);
    }
    return sizes;
  }
}
