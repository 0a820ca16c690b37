package io.bpf4j.cli;

import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.helper.Helpers;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.map.MapTypes;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/// One run of a program without a type: its memory in R1, the length in R2, both 0 without memory.
final class PluginRun {
  private static final String NAME = "main";
  private static final Platform PLATFORM =
      new Platform(List.of(), Helpers.ROWS, MapTypes.ROWS, null);

  private PluginRun() {}

  /// Runs a program and returns R0.
  ///
  /// @param code the instructions, 8 bytes a slot
  /// @throws io.bpf4j.error.BpfException when it is no program, cannot be run, or was stopped
  static long run(Engine engine, byte[] code, byte[] memory) {
    return run(engine, Program.raw(NAME, InsnDecoder.decode(code)), memory);
  }

  /// Runs function `main` of an object and returns R0.
  ///
  /// @throws io.bpf4j.error.BpfException when it is no object, cannot be run, or was stopped
  static long runObject(Engine engine, byte[] elf, byte[] memory) {
    BpfObject object = BpfObjectReader.read("object", elf);
    ProgSpec spec = object.program(NAME);
    if (spec == null) {
      throw new UsageException("object: has no function " + NAME);
    }
    return run(engine, Program.bind(spec, Map.of()).withType(ProgType.UNSPEC), memory);
  }

  private static long run(Engine engine, Program program, byte[] memory) {
    RunnableProgram runnable = engine.load(program, PLATFORM, EngineOptions.DEFAULT);
    PluginCpu cpu = new PluginCpu();
    try (Arena arena = Arena.ofConfined()) {
      if (memory.length != 0) {
        long address = arena.allocate(memory.length, Long.BYTES).address();
        Memory.putBytes(address, memory);
        cpu.memory(address, memory.length);
      }
      return runnable.run(cpu, cpu.memBase(), cpu.memLength());
    }
  }
}
