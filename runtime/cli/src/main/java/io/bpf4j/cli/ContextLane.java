package io.bpf4j.cli;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.lookup.SkLookupTestRun;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.sklookup.SkLookupCtx;
import java.lang.foreign.Arena;
import java.util.List;

/// A sk_lookup program over contexts that were checked and laid out before.
final class ContextLane implements BenchLane {
  private final String engine;
  private final RunnableProgram program;
  private final WorldCpu cpu;
  private final int count;
  private final Arena arena = Arena.ofShared();
  private final long table;
  private final TimedLoop loop = TimedLoop.copy();

  /// @param contexts in the form of BPF_PROG_TEST_RUN; as many as a power of two
  /// @throws io.bpf4j.error.ErrnoException as the system call refuses a context
  ContextLane(String engine, RunnableProgram program, WorldCpu cpu, List<byte[]> contexts) {
    this.engine = engine;
    this.program = program;
    this.cpu = cpu;
    this.count = contexts.size();
    this.table = arena.allocate((long) count * SkLookupCtx.SIZE, Long.BYTES).address();
    for (int i = 0; i < count; i++) {
      SkLookupTestRun.write(cpu, contexts.get(i));
      Memory.copy(cpu.ctx(), table + (long) i * SkLookupCtx.SIZE, SkLookupCtx.SIZE);
    }
  }

  @Override
  public String program() {
    return program.program().name();
  }

  @Override
  public String engine() {
    return engine;
  }

  @Override
  public double time(boolean random, long runs) {
    Memory.copy(table, cpu.ctx(), SkLookupCtx.SIZE);
    long start = System.nanoTime();
    if (random) {
      loop.contexts(program, cpu, table, count, SkLookupCtx.SIZE, runs);
    } else {
      loop.same(program, cpu, runs);
    }
    return (double) (System.nanoTime() - start) / runs;
  }

  @Override
  public void close() {
    arena.close();
  }
}
