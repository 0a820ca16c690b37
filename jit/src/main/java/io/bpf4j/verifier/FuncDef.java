package io.bpf4j.verifier;

import java.util.List;

/// A function of a program as its BTF describes it.
///
/// @param name for messages
/// @param pc where it starts
/// @param global whether it is proved by its signature alone, and callers see no more of it
/// @param args its parameters
/// @param returnsInt whether it returns an integer; only such functions may make tail calls
/// @param problem why a global function's signature cannot be used, or an empty string
public record FuncDef(
    String name, int pc, boolean global, List<Arg> args, boolean returnsInt, String problem) {
  /// A parameter of a global function.
  public sealed interface Arg {
    /// A number.
    record Numeric() implements Arg {}

    /// The context.
    record Context() implements Arg {}

    /// Memory of this size, or 0 unless `nonNull`.
    record Memory(long size, boolean nonNull) implements Arg {}

    /// What is beyond this model.
    record Other(String what) implements Arg {}
  }

  public FuncDef {
    args = List.copyOf(args);
  }
}
