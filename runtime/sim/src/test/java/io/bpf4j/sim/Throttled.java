package io.bpf4j.sim;

import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.mem.Cpu;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.Program;
import java.util.concurrent.atomic.AtomicInteger;

/// An engine whose programs are stopped in their tenth run.
record Throttled(Engine engine) implements Engine {
  private static final int RUNS = 10;

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public RunnableProgram load(Program program, Platform platform, EngineOptions options) {
    RunnableProgram loaded = engine.load(program, platform, options);
    AtomicInteger runs = new AtomicInteger();
    return new RunnableProgram() {
      @Override
      public Program program() {
        return loaded.program();
      }

      @Override
      public CompileReport report() {
        return loaded.report();
      }

      @Override
      public long run(Cpu cpu, long r1, long r2) {
        if (runs.incrementAndGet() == RUNS) {
          throw new BudgetExhausted(program.name(), 2, "prog 'steer' insn 2: the budget is spent");
        }
        return loaded.run(cpu, r1, r2);
      }
    };
  }
}
