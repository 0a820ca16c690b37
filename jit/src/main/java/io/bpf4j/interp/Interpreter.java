package io.bpf4j.interp;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.mem.MemoryBackend;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import java.util.List;

/// The reference engine: programs run as they are written, one instruction after the other. It is
/// what the compiler is compared with, so it is kept plain. Accesses are checked; of programs that
/// can be proved they are not when the engine `proves`.
///
/// @param name the engine's name
/// @param proves whether programs are proved if they can be
public record Interpreter(String name, boolean proves) implements Engine {

  /// One that checks every access.
  public Interpreter(String name) {
    this(name, false);
  }

  @Override
  public RunnableProgram load(Program program, Platform platform, EngineOptions options) {
    long start = System.nanoTime();
    Bound bound = bound(program, platform, options);
    Predecoded predecoded = Predecoded.of(bound);
    String backend = MemoryBackend.current().name();
    CompileReport report =
        new CompileReport(name, backend, List.of(), List.of(), System.nanoTime() - start);
    return new InterpretedProgram(bound, predecoded, report);
  }

  private Bound bound(Program program, Platform platform, EngineOptions options) {
    if (proves && program.type() != ProgType.UNSPEC) {
      try {
        return Bound.prove(program, platform, options);
      } catch (VerifierException | UnsupportedException e) {
        // It runs checked, or binding it says what cannot run.
      }
    }
    return Bound.bind(program, platform, options);
  }
}
