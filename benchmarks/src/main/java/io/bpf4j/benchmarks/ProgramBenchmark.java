package io.bpf4j.benchmarks;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One run of a program on each engine. `same` repeats one packet, as BPF_PROG_TEST_RUN does, and
/// lets branch predictors learn everything; `random` takes another of 65,536 each time.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:PerMethodTrapLimit=0"})
@SuppressWarnings("NullAway.Init") // JMH calls setup() first
public class ProgramBenchmark {
  /// The batch is what the Java side of a caller would do, too: a loop over packets.
  private static final int BATCH = 1024;

  @Param({"interp", "checked-jit", "jit"})
  String engine;

  @Param({"empty", "pick", "checksum", "steer", "prefix"})
  String program;

  private RunnableProgram runnable;
  private WorldCpu cpu;
  private final Tuples tuples = new Tuples(1);
  private int next;

  @Setup
  public void setup() {
    Samples.Loaded loaded =
        switch (program) {
          case "steer" -> Samples.scenario("quickstart", engine);
          case "prefix" -> Samples.scenario("prefix", engine);
          default -> Samples.compute(program, engine);
        };
    runnable = loaded.program();
    cpu = loaded.world().cpu(0);
    tuples.load(0, cpu.ctx());
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long same() {
    long sum = 0;
    long ctx = cpu.ctx();
    for (int i = 0; i < BATCH; i++) {
      // A selection left by the run before would change what the next one does.
      Memory.putLong(ctx, 0);
      sum += runnable.run(cpu, ctx, 0);
    }
    return sum;
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long random() {
    long sum = 0;
    long ctx = cpu.ctx();
    for (int i = 0; i < BATCH; i++) {
      tuples.load(next, ctx);
      next = (next + 1) & (Tuples.COUNT - 1);
      sum += runnable.run(cpu, ctx, 0);
    }
    return sum;
  }
}
