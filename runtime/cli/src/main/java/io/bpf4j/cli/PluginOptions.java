package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of bpf_conformance plugins, and ours. The suite writes flags with or without a
/// value. Its programs have no type, so that they run checked whatever engine is asked for.
final class PluginOptions {
  @Option(names = "--engine", paramLabel = "NAME", description = "The engine; see README.")
  private @Nullable String engine;

  @Option(names = "--interpret", arity = "0..1", description = "Interpret: --engine interp.")
  private boolean interpret;

  /// Read by picocli: what it asks for is the default.
  @SuppressWarnings("UnusedVariable")
  @Option(names = "--jit", arity = "0..1", description = "Compile, which is the default.")
  private boolean jit;

  /// Read by picocli: there is nothing to add to the messages.
  @SuppressWarnings("UnusedVariable")
  @Option(names = "--debug", arity = "0..1", description = "Accepted; messages are always full.")
  private boolean debug;

  /// Read by picocli: every version runs.
  @SuppressWarnings("UnusedVariable")
  @Option(
      names = "--cpu_version",
      paramLabel = "vN",
      description = "Accepted; instructions of every version run.")
  private @Nullable String cpuVersion;

  @Option(
      names = "--elf",
      arity = "0..1",
      description = "The program is function main of an ELF object in hex.")
  private boolean elf;

  /// Sets one option without picocli.
  ///
  /// @param next the argument behind it, or an empty string
  /// @return how many arguments behind it belong to it, or -1 when this is for picocli to read
  int set(String option, String next) {
    boolean valued = next.equals("true") || next.equals("false");
    boolean value = !next.equals("false");
    switch (option) {
      case "--engine" -> engine = next;
      case "--cpu_version" -> cpuVersion = next;
      case "--interpret" -> interpret = value;
      case "--jit" -> jit = value;
      case "--debug" -> debug = value;
      case "--elf" -> elf = value;
      default -> {
        return -1;
      }
    }
    if (option.equals("--engine") || option.equals("--cpu_version")) {
      return next.isEmpty() || next.startsWith("-") ? -1 : 1;
    }
    return valued ? 1 : 0;
  }

  /// Whether the program is an object, not instructions.
  boolean elf() {
    return elf;
  }

  /// The engine these options ask for.
  ///
  /// @throws io.bpf4j.error.InputException when there is none of that name
  Engine engine() {
    if (engine != null) {
      return Engines.checked(engine);
    }
    return Engines.checked(interpret ? "interp" : "jit");
  }

  /// Whether none of them chooses an engine.
  boolean openEngine() {
    return engine == null && !interpret && !jit;
  }
}
