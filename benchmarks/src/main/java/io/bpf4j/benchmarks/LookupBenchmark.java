package io.bpf4j.benchmarks;

import io.bpf4j.lookup.SocketLookup;
import io.bpf4j.lookup.WorldCpu;
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

/// The whole lookup of a packet in the world of a sample: connections, programs, groups, listeners.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:PerMethodTrapLimit=0"})
@SuppressWarnings("NullAway.Init") // JMH calls setup() first
public class LookupBenchmark {
  private static final int BATCH = 1024;

  @Param({"interp", "checked-jit"})
  String engine;

  @Param({"quickstart", "prefix", "allports", "chain"})
  String sample;

  private SocketLookup lookups;
  private WorldCpu cpu;
  private final Tuples tuples = new Tuples(1);
  private int next;

  @Setup
  public void setup() {
    Samples.Loaded loaded = Samples.scenario(sample, engine);
    lookups = loaded.netns().lookups();
    cpu = loaded.world().cpu(0);
  }

  private long lookup(int i) {
    return lookups.lookup(
        cpu,
        tuples.family[i],
        tuples.protocol[i],
        tuples.srcHi[i],
        tuples.srcLo[i],
        tuples.sport[i],
        tuples.dstHi[i],
        tuples.dstLo[i],
        tuples.dport[i],
        2);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long same() {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += lookup(0);
    }
    return sum;
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long random() {
    long sum = 0;
    for (int i = 0; i < BATCH; i++) {
      sum += lookup(next);
      next = (next + 1) & (Tuples.COUNT - 1);
    }
    return sum;
  }
}
