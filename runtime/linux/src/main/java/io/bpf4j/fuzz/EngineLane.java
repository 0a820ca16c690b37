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
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private final RuntimeMap memoryMap =
      Maps.create(MapSpec.of("memory", MapTypes.ARRAY, Integer.BYTES, Input.MEMORY, 1, 0), 1);
  private final long memory = memoryMap.directValueAddress();
  private final List<RuntimeMap> maps =
      Input.MAPS.stream().map(spec -> Maps.create(spec, 1)).toList();

  private final MemorySegment keys = arena.allocate(ValueLayout.JAVA_INT, Input.KEYS);
  private final MemorySegment value = arena.allocate(Input.VALUE, Long.BYTES);

  EngineLane() {
    for (int key = 0; key < Input.KEYS; key++) {
      keys.setAtIndex(ValueLayout.JAVA_INT, key, key);
    }
    cpu.memory(memory, Input.MEMORY);
  }

  /// Prepares the program of a case; for [Comparison#VERIFIED] as one of a type.
  RunnableProgram load(Engine engine, Case test) {
    List<? extends BpfMap> bound = test.usesMaps() ? maps : List.of();
    if (engine.equals(Comparison.VERIFIED)) {
      return engine.load(TypedForm.of(test.insns(), bound, memoryMap), TypedForm.PLATFORM, OPTIONS);
    }
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
      if (!prepareHash(input)) {
        // Keys that no input holds took the room.
        RuntimeMap hash = maps.get(Input.HASH_MAP);
        hash.entries().forEach(entry -> hash.deleteElem(entry.getKey()));
        prepareHash(input);
      }
    }
  }

  /// Puts the hash map's elements in place; values are written over where the key is there already,
  /// which takes no lock.
  private boolean prepareHash(Input input) {
    RuntimeMap hash = maps.get(Input.HASH_MAP);
    for (int key = 0; key < Input.KEYS; key++) {
      if ((input.present() >>> key & 1) == 0 && hash.lookup(cpu, key(key)) != 0) {
        hash.delete(cpu, key(key));
      }
    }
    for (int key = 0; key < Input.KEYS; key++) {
      if ((input.present() >>> key & 1) != 0) {
        long at = hash.lookup(cpu, key(key));
        MemorySegment.copy(
            input.hash(), key * Input.VALUE, value, ValueLayout.JAVA_BYTE, 0, Input.VALUE);
        if (at != 0) {
          Memory.copy(value.address(), at, Input.VALUE);
        } else if (hash.update(cpu, key(key), value.address(), MapFlags.BPF_ANY) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private long key(int key) {
    return keys.address() + (long) key * Integer.BYTES;
  }

  /// Runs a program on what was put in place.
  Outcome run(RunnableProgram program, boolean usesMaps, int stackBytes) {
    long r0 = 0;
    try {
      boolean typed = program.program().type() != ProgType.UNSPEC;
      r0 = program.run(cpu, typed ? cpu.ctx() : memory, typed ? 0 : Input.MEMORY);
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
