package io.bpf4j.cli;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.lookup.SkLookupTestRun;
import io.bpf4j.lookup.TestRunInput;
import io.bpf4j.lookup.TestRunOutput;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.netns.World;
import io.bpf4j.packet.PacketRun;
import io.bpf4j.packet.PacketTypes;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sock.Sock;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/// A program on one engine in a world of its own, run as BPF_PROG_TEST_RUN does (net/bpf/test_run.c
/// bpf_prog_test_run_sk_lookup): only this program, on a context that the caller wrote, and no
/// regular lookup afterwards.
final class TestRun implements ProgramRun {
  private static final long SEED = 1;

  private final World world;
  private final ObjectMaps maps;
  private final RunnableProgram program;
  private final WorldCpu cpu;

  /// Makes the world: the object's maps, filled, and the program.
  ///
  /// @throws io.bpf4j.error.BpfException what refuses the program or a map it uses
  TestRun(Engine engine, BpfObject object, ProgSpec spec, ProgType type, List<MapSetup> setups) {
    this.world = World.of(engine, 1, SEED);
    this.maps = world.createMaps(object);
    Netns netns = world.createNetns("test");
    MapSetup.apply(setups, maps, netns);
    if (type == ProgType.SK_REUSEPORT) {
      throw new UnsupportedException(
          "program type " + type.uapiName(),
          "runs in a reuseport group only, as a scenario's 'groups' attach it");
    }
    this.program = world.load(spec, maps, type);
    this.cpu = world.cpu(0);
  }

  @Override
  public void checkMap(String name) {
    MapSetup.find("--dump", name, maps);
  }

  @Override
  public List<Map<String, Object>> dump(String name) {
    return MapSetup.dump(MapSetup.find("--dump", name, maps));
  }

  /// Nothing: what a world holds goes with it.
  @Override
  public void close() {}

  @Override
  public Outcome skLookup(byte[] context, int repeat) {
    TestRunOutput run =
        SkLookupTestRun.run(cpu, program, TestRunInput.of(context).withRepeat(repeat));
    Sock selected = run.selected();
    return new Outcome(
        run.retval(), selected == null ? null : selected.name(), run.ctxOut(), run.nanosPerRun());
  }

  @Override
  public BenchLane lane(String engine, List<byte[]> inputs) {
    ProgType type = program.program().type();
    if (type == ProgType.SK_LOOKUP) {
      return new ContextLane(engine, program, cpu, BenchTuples.powerOfTwo(inputs));
    }
    return new DataLane(engine, program, cpu, inputs.getFirst());
  }

  @Override
  public Outcome data(byte[] data, int repeat) {
    if (PacketTypes.holds(program.program().type())) {
      PacketRun.Result result = PacketRun.run(program, cpu, data, repeat);
      return new Outcome(result.retval(), null, result.data(), result.nanos());
    }
    try (Arena arena = Arena.ofConfined()) {
      if (data.length != 0) {
        long address = arena.allocate(data.length, Long.BYTES).address();
        Memory.putBytes(address, data);
        cpu.memory(address, data.length);
      }
      long r0 = 0;
      long start = System.nanoTime();
      for (int i = 0; i < repeat; i++) {
        r0 = program.run(cpu, cpu.memBase(), cpu.memLength());
      }
      double nanos = (double) (System.nanoTime() - start) / repeat;
      byte[] out = data.length == 0 ? data : Memory.bytes(cpu.memBase(), data.length);
      return new Outcome((int) r0, null, out, nanos);
    } finally {
      cpu.memory(0, 0);
    }
  }
}
