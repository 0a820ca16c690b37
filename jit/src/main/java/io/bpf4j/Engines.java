package io.bpf4j;

import io.bpf4j.codegen.JitEngine;
import io.bpf4j.engine.Engine;
import io.bpf4j.error.InputException;
import io.bpf4j.interp.Interpreter;
import java.util.List;

/// Hands out engines by the names of the command line.
///
/// `interp` and `checked-interp` are the reference interpreter, `checked-jit` is the compiler.
/// Every engine checks what programs do.
public final class Engines {
  private static final List<Engine> ALL =
      List.of(new Interpreter("interp"), new Interpreter("checked-interp"), new JitEngine());

  private Engines() {}

  /// The names, in the order a reader should meet them.
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
