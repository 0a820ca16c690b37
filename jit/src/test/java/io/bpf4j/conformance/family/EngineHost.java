package io.bpf4j.conformance.family;

import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyMap;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.isa.Insns;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.util.List;

/// An engine of ours.
final class EngineHost implements Host {
  private final Engine engine;
  private final List<ToyMap> maps =
      MAP_ENTRIES.stream().map(entries -> ToyMap.of("values", entries)).toList();

  EngineHost(Engine engine) {
    this.engine = engine;
  }

  @Override
  public Execution load(String name, Insns insns, int memoryBytes, boolean maps) {
    Machine machine = new Machine(engine);
    long address = machine.memory(new byte[memoryBytes]);
    RunnableProgram program = machine.load(program(name, insns, maps));
    return new Execution() {
      @Override
      public void run(byte[] memory) {
        Memory.putBytes(address, memory);
        machine.run(program);
        byte[] after = Memory.bytes(address, memory.length);
        System.arraycopy(after, 0, memory, 0, after.length);
      }

      @Override
      public void close() {}
    };
  }

  private Program program(String name, Insns insns, boolean usesMaps) {
    List<BpfMap> maps = usesMaps ? List.copyOf(this.maps) : List.of();
    List<Subprog> functions = List.of(new Subprog("family", 0));
    return new Program(name, ProgType.UNSPEC, insns, maps, functions, List.of(), "GPL");
  }

  @Override
  public boolean stops(String name, Insns insns, int memoryBytes, boolean maps, int pc) {
    try (Execution execution = load(name, insns, memoryBytes, maps)) {
      execution.run(new byte[memoryBytes]);
      return false;
    } catch (MemoryFault e) {
      return e.pc() == pc;
    }
  }
}
