package io.bpf4j.engine;

import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;

/// Turns programs into something that runs.
///
/// What engines must agree on where the kernel's verifier leaves no program that could tell:
///
/// - A run starts with R3 to R9 and R0 zero; `r1` and `r2` are the caller's.
/// - A called function starts with R1 to R5 of its caller, and R0 and R6 to R9 zero.
/// - Calls change R0 alone. R1 to R5 keep their values over helper and local calls: both engines
///   have that for nothing, since what a program does not read costs compiled code no register.
/// - Each function has a frame of its own, which reads as zero where it was not written. It may
///   touch its callers' frames, not those below its own.
/// - A jump that goes to its own slot or back, when taken, and every call of a function of the
///   program spend 1 of [EngineOptions#fuel]; the first that finds 0 left ends the run. The budget
///   is looked at before the depth of calls, after the target of a `callx`.
/// - `may_goto` falls through [#MAX_LOOPS] times in one run of a function, all that the function
///   has counted together; after that it jumps.
/// - Addition of an offset wraps; shifts mask their count; a fault leaves the stores before it in
///   memory.
public interface Engine {
  /// How often `may_goto` lets a loop go on (the kernel's BPF_MAX_LOOPS). A kernel whose JIT knows
  /// the time, as that of x86-64 since Linux 6.15, counts to 250 ms instead.
  long MAX_LOOPS = 8L << 20;

  /// The name on the command line: `interp`, `checked-jit`.
  String name();

  /// Prepares a program.
  ///
  /// @throws io.bpf4j.error.InsnFormatException when a jump or call leads nowhere
  /// @throws io.bpf4j.error.UnsupportedException when it uses what this engine or platform cannot
  ///   run, by name
  /// @throws io.bpf4j.error.VerifierException when this engine runs proved programs only, and it is
  ///   not safe
  RunnableProgram load(Program program, Platform platform, EngineOptions options);
}
