package io.bpf4j.fuzz;

import io.bpf4j.conformance.family.Host;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.Insns;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.Maps;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.util.List;

/// An engine of ours that gets the families' programs as ones of a type, so that they are proved
/// and run without checks. What it stops, the proof refuses.
final class ProvedHost implements Host {
  private static final EngineOptions OPTIONS = new EngineOptions(1 << 20);

  private final Engine engine;
  private final List<RuntimeMap> maps =
      MAP_ENTRIES.stream().map(entries -> array(MAP_VALUE, entries)).toList();

  ProvedHost(Engine engine) {
    this.engine = engine;
  }

  private static RuntimeMap array(int valueBytes, int entries) {
    return Maps.create(
        MapSpec.of("array", MapTypes.ARRAY, Integer.BYTES, valueBytes, entries, 0), 1);
  }

  @Override
  public Execution load(String name, Insns insns, int memoryBytes, boolean maps) {
    RuntimeMap memoryMap = array(memoryBytes, 1);
    List<RuntimeMap> own = maps ? this.maps : List.of();
    RunnableProgram program =
        engine.load(TypedForm.of(insns, own, memoryMap), TypedForm.PLATFORM, OPTIONS);
    FuzzCpu cpu = new FuzzCpu();
    long address = memoryMap.directValueAddress();
    return new Execution() {
      @Override
      public void run(byte[] memory) {
        Memory.putBytes(address, memory);
        program.run(cpu, cpu.ctx(), 0);
        byte[] after = Memory.bytes(address, memory.length);
        System.arraycopy(after, 0, memory, 0, after.length);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public boolean stops(String name, Insns insns, int memoryBytes, boolean maps, int pc) {
    try (Execution _ = load(name, insns, memoryBytes, maps)) {
      return false;
    } catch (VerifierException e) {
      return true;
    }
  }
}
