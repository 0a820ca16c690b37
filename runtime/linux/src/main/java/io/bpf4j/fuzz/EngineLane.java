package io.bpf4j.fuzz;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BpfException;
import io.bpf4j.helper.Helpers;
import io.bpf4j.map.MapFlags;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.Maps;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/// Runs cases on engines of ours: memory, maps and a CPU slot that are prepared for each run. One
/// thread's.
final class EngineLane {
  private static final Platform PLATFORM =
      new Platform(List.of(), Helpers.ROWS, MapTypes.ROWS, null);

  /// More than any generated program spends; less than would be waited for.
  private static final EngineOptions OPTIONS = new EngineOptions(1 << 20);

  private final Cpu cpu = new FuzzCpu();
  private final Arena arena = Arena.ofAuto();
  private final long memory = arena.allocate(Input.MEMORY, 64).address();
  private final List<RuntimeMap> maps =
      Input.MAPS.stream().map(spec -> Maps.create(spec, 1)).toList();

  EngineLane() {
    cpu.memory(memory, Input.MEMORY);
  }

  /// Prepares the program of a case.
  RunnableProgram load(Engine engine, Case test) {
    List<? extends BpfMap> bound = test.usesMaps() ? maps : List.of();
    return engine.load(
        new Program(
            "fuzz",
            ProgType.UNSPEC,
            test.insns(),
            List.copyOf(bound),
            List.of(new Subprog("fuzz", 0)),
            List.of(),
            "GPL"),
        PLATFORM,
        OPTIONS);
  }

  /// Runs a case once.
  ///
  /// @param showsStack whether the engine keeps its stack in memory
  Outcome run(Engine engine, Case test, boolean showsStack) {
    boolean usesMaps = test.usesMaps();
    prepare(test.input(), usesMaps);
    RunnableProgram program;
    try {
      program = load(engine, test);
    } catch (BpfException e) {
      return Outcome.failed(e);
    }
    return run(program, usesMaps, showsStack && test.namesFrame() ? test.stackBytes() : 0);
  }

  /// Puts an input in place.
  void prepare(Input input, boolean usesMaps) {
    Memory.putBytes(memory, input.memory());
    if (usesMaps) {
      Memory.putBytes(values(Input.ARRAY_MAP), input.array());
      Memory.putBytes(values(Input.SINGLE_MAP), input.single());
      RuntimeMap hash = maps.get(Input.HASH_MAP);
      for (Map.Entry<byte[], byte[]> entry : hash.entries()) {
        hash.deleteElem(entry.getKey());
      }
      for (int key = 0; key < Input.KEYS; key++) {
        if ((input.present() >>> key & 1) != 0) {
          byte[] value = new byte[Input.VALUE];
          System.arraycopy(input.hash(), key * Input.VALUE, value, 0, Input.VALUE);
          hash.updateElem(new byte[] {(byte) key, 0, 0, 0}, value, MapFlags.BPF_ANY);
        }
      }
    }
  }

  /// Runs a program on what was put in place.
  Outcome run(RunnableProgram program, boolean usesMaps, int stackBytes) {
    long r0 = 0;
    try {
      r0 = program.run(cpu, memory, Input.MEMORY);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // Everything but a fault is a bug, which must not end the search for more.
      return Outcome.failed(e);
    }
    byte[] array = Outcome.NONE;
    byte[] single = Outcome.NONE;
    byte[] hash = Outcome.NONE;
    int present = 0;
    if (usesMaps) {
      array = Memory.bytes(values(Input.ARRAY_MAP), Input.ENTRIES * Input.VALUE);
      single = Memory.bytes(values(Input.SINGLE_MAP), Input.VALUE);
      hash = new byte[Input.KEYS * Input.VALUE];
      for (Map.Entry<byte[], byte[]> entry : maps.get(Input.HASH_MAP).entries()) {
        present |= HashKeys.collect(entry.getKey(), entry.getValue(), hash);
      }
    }
    return new Outcome(
        r0,
        null,
        Memory.bytes(memory, Input.MEMORY),
        array,
        present,
        hash,
        single,
        Memory.bytes(cpu.stackTop() - stackBytes, stackBytes));
  }

  private long values(int map) {
    return maps.get(map).valueRegions(0).getFirst().base();
  }
}
