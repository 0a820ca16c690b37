package io.bpf4j;

import io.bpf4j.codegen.JitEngine;
import io.bpf4j.engine.Engine;
import io.bpf4j.error.InputException;
import io.bpf4j.interp.Interpreter;
import java.util.List;

/// Hands out engines by the names of the command line.
///
/// `jit` and `checked-jit` are the compiler, `interp` and `checked-interp` the reference
/// interpreter. Without a proof of a program's safety the name without `checked-` means the same:
/// every engine checks what programs do.
public final class Engines {
  private static final List<Engine> ALL =
      List.of(
          new JitEngine("jit"),
          new Interpreter("interp"),
          new JitEngine("checked-jit"),
          new Interpreter("checked-interp"));

  private Engines() {}

  /// The names, in the order a reader should meet them: the first is the one to use when nothing
  /// speaks for another.
  public static List<String> names() {
    return ALL.stream().map(Engine::name).toList();
  }

  /// The engine of that name.
  ///
  /// @throws InputException when there is none
  public static Engine named(String name) {
    for (Engine engine : ALL) {
      if (engine.name().equals(name)) {
        return engine;
      }
    }
    throw new InputException(
        "engine '" + name + "'", "", "is none of " + String.join(", ", names()));
  }
}
