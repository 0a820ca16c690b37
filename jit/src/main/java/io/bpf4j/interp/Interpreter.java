package io.bpf4j.interp;

import io.bpf4j.engine.Bound;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.mem.MemoryBackend;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;
import java.util.List;

/// The reference engine: programs run as they are written, one instruction after the other, with
/// every access checked. It is what the compiler is compared with, so it is kept plain.
///
/// @param name the engine's name
public record Interpreter(String name) implements Engine {

  @Override
  public RunnableProgram load(Program program, Platform platform, EngineOptions options) {
    long start = System.nanoTime();
    Bound bound = Bound.bind(program, platform, options);
    Predecoded predecoded = Predecoded.of(bound);
    String backend = MemoryBackend.current().name();
    CompileReport report =
        new CompileReport(name, backend, List.of(), List.of(), System.nanoTime() - start);
    return new InterpretedProgram(bound, predecoded, report);
  }
}
