package io.bpf4j.benchmarks;

import io.bpf4j.Engines;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.linux.KernelObject;
import io.bpf4j.linux.KernelProg;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.linux.TestRun;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.sklookup.SkLookupCtx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The compute programs on the engines and on the kernel's JIT, in rounds that go from one to the
/// next, so that whatever slows the machine slows all of them. One packet, as BPF_PROG_TEST_RUN
/// repeats it. Prints a table of medians, in nanoseconds a run, less what an empty program takes.
///
/// ```
/// taskset -c 1 java … io.bpf4j.benchmarks.ComputeRounds [OBJECT [ROUNDS [PROGRAM…]]]
/// ```
public final class ComputeRounds {
  private static final List<String> ENGINES = List.of("interp", "checked-jit", "jit");
  private static final String KERNEL = "kernel";
  private static final String EMPTY = "empty";

  /// How long a measurement takes.
  private static final long NANOS = Long.getLong("nanos", 60_000_000);

  /// Which of the sorted rounds counts: the middle one, on a machine that others use the lowest.
  private static final boolean LOWEST = Boolean.getBoolean("lowest");

  private final BpfObject object;
  private final int rounds;
  private final Map<String, Map<String, List<Double>>> times = new LinkedHashMap<>();

  private ComputeRounds(BpfObject object, int rounds) {
    this.object = object;
    this.rounds = rounds;
  }

  /// A program with what runs it.
  private interface Runner {
    /// Runs it so often, and says how many nanoseconds that took.
    long run(int times);
  }

  public static void main(String[] args) {
    Path path = Path.of(args.length > 0 ? args[0] : "benchmarks/src/main/bpf/compute.bpf.o");
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 9;
    List<String> only = List.of(args).subList(Math.min(2, args.length), args.length);
    BpfObject object = BpfObjectReader.read(path);
    new ComputeRounds(object, rounds).measure(only);
  }

  private void measure(List<String> only) {
    try (KernelObject kernel = KernelSupport.permitted() ? KernelObject.load(object) : null) {
      Map<String, Map<String, Runner>> runners = new LinkedHashMap<>();
      for (ProgSpec spec : object.programs()) {
        String name = spec.name();
        if (!only.isEmpty() && !only.contains(name) && !name.equals(EMPTY)) {
          continue;
        }
        Map<String, Runner> row = new LinkedHashMap<>();
        for (String engine : ENGINES) {
          row.put(engine, ours(spec, engine));
        }
        if (kernel != null) {
          row.put(KERNEL, kernels(kernel.prog(name)));
        }
        runners.put(name, row);
      }
      runners.values().forEach(row -> row.values().forEach(runner -> warm(runner)));
      for (int round = 0; round < rounds; round++) {
        runners.forEach(
            (program, row) -> row.forEach((engine, runner) -> time(program, engine, runner)));
      }
    }
    print();
  }

  private static void warm(Runner runner) {
    long end = System.nanoTime() + 1_000_000_000L;
    for (int i = 0; i < 20 || System.nanoTime() < end; i++) {
      runner.run(500);
      if (i > 2_000) {
        return;
      }
    }
  }

  private void time(String program, String engine, Runner runner) {
    double probe = Math.max(1, runner.run(200) / 200.0);
    int runs = (int) Math.max(20, Math.min(5_000_000, NANOS / probe));
    times
        .computeIfAbsent(program, _ -> new LinkedHashMap<>())
        .computeIfAbsent(engine, _ -> new ArrayList<>())
        .add((double) runner.run(runs) / runs);
  }

  private Runner ours(ProgSpec spec, String engine) {
    World world = World.of(Engines.named(engine), 1, 1);
    ObjectMaps maps = world.createMaps(object);
    fill(maps.byName());
    RunnableProgram program = world.load(spec, maps);
    Cpu cpu = world.cpu(0);
    byte[] packet = packet();
    return runs -> {
      long ctx = cpu.ctx();
      Memory.putBytes(ctx, packet);
      long start = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        program.run(cpu, ctx, 0);
      }
      return System.nanoTime() - start;
    };
  }

  private static void fill(Map<String, RuntimeMap> maps) {
    RuntimeMap map = Objects.requireNonNull(maps.get(".bss"), ".bss");
    map.updateElem(new byte[4], bytes(map.spec().valueSize()), 0);
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + 7);
    }
    return bytes;
  }

  private static Runner kernels(KernelProg prog) {
    TestRun.Input input = TestRun.Input.ctx(packet());
    // What the kernel says is rounded to a nanosecond a run.
    return runs -> {
      long start = System.nanoTime();
      prog.testRun(input.withRepeat(runs));
      return System.nanoTime() - start;
    };
  }

  /// One TCP packet, as `struct bpf_sk_lookup`.
  private static byte[] packet() {
    ByteBuffer ctx = ByteBuffer.allocate(SkLookupCtx.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    ctx.putInt(SkLookupCtx.FAMILY, 2);
    ctx.putInt(SkLookupCtx.PROTOCOL, 6);
    ctx.putInt(SkLookupCtx.REMOTE_IP4, 0x0302_010a);
    ctx.putShort(SkLookupCtx.REMOTE_PORT, (short) 0x3412);
    ctx.putInt(SkLookupCtx.LOCAL_IP4, 0x0100_007f);
    ctx.putInt(SkLookupCtx.LOCAL_PORT, 80);
    return ctx.array();
  }

  private void print() {
    Map<String, Double> fixed = new LinkedHashMap<>();
    Objects.requireNonNull(times.get(EMPTY), EMPTY)
        .forEach((engine, list) -> fixed.put(engine, median(list)));
    System.out.printf(
        "%-12s %10s %12s %10s %10s %8s %8s %8s%n",
        "program", "interp", "checked-jit", "jit", KERNEL, "int/jit", "jit/krn", "jit/chk");
    Map<String, List<Double>> logs = new LinkedHashMap<>();
    times.forEach((program, row) -> {
      boolean empty = program.equals(EMPTY);
      double[] net = new double[4];
      for (int i = 0; i < 4; i++) {
        String engine = i < 3 ? ENGINES.get(i) : KERNEL;
        List<Double> list = row.get(engine);
        Double base = fixed.get(engine);
        net[i] = list == null || base == null ? Double.NaN : median(list) - (empty ? 0 : base);
      }
      System.out.printf(
          "%-12s %10.1f %12.1f %10.1f %10.1f %8.2f %8.2f %8.2f%n",
          program,
          net[0],
          net[1],
          net[2],
          net[3],
          net[0] / net[2],
          net[2] / net[3],
          net[2] / net[1]);
      if (!empty) {
        logs.computeIfAbsent("i", _ -> new ArrayList<>()).add(Math.log(net[0] / net[2]));
        logs.computeIfAbsent("k", _ -> new ArrayList<>()).add(Math.log(net[2] / net[3]));
      }
    });
    logs.forEach((what, list) ->
        System.out.printf(
            "%s %.2f%n",
            what.equals("i") ? "geomean interp/jit" : "geomean jit/kernel",
            Math.exp(list.stream().mapToDouble(Double::doubleValue).average().orElse(0))));
  }

  private static double median(List<Double> list) {
    double[] sorted = list.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[LOWEST ? 0 : sorted.length / 2];
  }
}
