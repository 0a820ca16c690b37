package io.bpf4j.fuzz;

import io.bpf4j.Engines;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.Insn;
import io.bpf4j.mem.Cpu;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;

/// An engine that answers one too many for programs with a byte swap.
final class LyingEngine implements Engine {
  private final Engine honest = Engines.named("interp");

  @Override
  public String name() {
    return "liar";
  }

  @Override
  public RunnableProgram load(Program program, Platform platform, EngineOptions options) {
    RunnableProgram runs = honest.load(program, platform, options);
    boolean lies = program.insns().toList().stream().anyMatch(Insn.Swap.class::isInstance);
    return lies ? new Lie(runs) : runs;
  }

  private record Lie(RunnableProgram runs) implements RunnableProgram {
    @Override
    public Program program() {
      return runs.program();
    }

    @Override
    public CompileReport report() {
      return runs.report();
    }

    @Override
    public long run(Cpu cpu, long r1, long r2) {
      return runs.run(cpu, r1, r2) + 1;
    }
  }
}
