package io.bpf4j.engine;

import io.bpf4j.mem.Cpu;
import io.bpf4j.prog.Program;

/// A program an engine has prepared. It may run on many CPU slots at once, one thread a slot.
public interface RunnableProgram {
  Program program();

  /// What the compiler made of it; the interpreter reports no methods.
  CompileReport report();

  /// Runs the program and returns R0. A typed program gets its context's address, [Cpu#ctx()], in
  /// `r1`; a bare one the address of its memory in `r1` and the length in `r2`, as declared by
  /// [Cpu#memory].
  ///
  /// @throws io.bpf4j.error.ProgramFault when the run was stopped
  long run(Cpu cpu, long r1, long r2);
}
