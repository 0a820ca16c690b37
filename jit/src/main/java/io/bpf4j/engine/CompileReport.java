package io.bpf4j.engine;

import java.util.List;

/// What the compiler made of a program.
///
/// @param engine the engine's name
/// @param backend how memory is accessed
/// @param methods the generated methods, empty for the interpreter
/// @param classFile the generated class files, in order, for disassembly; empty for the interpreter
/// @param nanos time to generate and define
public record CompileReport(
    String engine, String backend, List<Method> methods, List<byte[]> classFile, long nanos) {
  public CompileReport {
    methods = List.copyOf(methods);
    classFile = List.copyOf(classFile);
  }

  /// One generated method.
  ///
  /// @param name its name in the class
  /// @param firstPc first slot it covers
  /// @param endPc one past the last slot
  /// @param bytes bytecode bytes; HotSpot compiles nothing of 8,000 and more
  /// @param why why it is a method of its own: `entry`, `function`, `split at pc 812`
  public record Method(String name, int firstPc, int endPc, int bytes, String why) {}
}
