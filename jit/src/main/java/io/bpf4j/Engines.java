package io.bpf4j;

import io.bpf4j.codegen.JitEngine;
import io.bpf4j.engine.Engine;
import io.bpf4j.error.InputException;
import io.bpf4j.interp.Interpreter;
import java.util.List;

/// Hands out engines by the names of the command line.
///
/// `jit` and `checked-jit` are the compiler, `interp` and `checked-interp` the reference
/// interpreter. Those with `checked-` look at every access when it happens and run any program.
/// `jit` runs programs that were proved to be safe, without checks, and refuses all others;
/// `interp` runs proved programs without checks and others with them.
public final class Engines {
  private static final String VERIFIED = "jit";
  private static final String CHECKED = "checked-";

  private static final List<Engine> ALL =
      List.of(
          JitEngine.verified(),
          new Interpreter("interp", true),
          new JitEngine(),
          new Interpreter("checked-interp"));

  private Engines() {}

  /// The names, in the order a reader should meet them: the first is the one to use when nothing
  /// speaks for another.
  public static List<String> names() {
    return ALL.stream().map(Engine::name).toList();
  }

  /// The names of those that run programs without a type, too: nothing can be proved of these.
  public static List<String> forBarePrograms() {
    return ALL.stream().map(Engine::name).filter(name -> !name.equals(VERIFIED)).toList();
  }

  /// The engine that runs what the engine of that name runs, but looks at every access.
  ///
  /// @throws InputException when there is none
  public static Engine checked(String name) {
    return named(named(name).name().startsWith(CHECKED) ? name : CHECKED + name);
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
