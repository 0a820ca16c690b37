package io.bpf4j.linux;

import io.bpf4j.conformance.family.Host;
import io.bpf4j.isa.Insns;
import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// This machine's kernel as what the families run on. What it stops, its verifier refuses.
final class KernelHost implements Host, AutoCloseable {
  private final List<KernelMap> maps =
      MAP_ENTRIES.stream()
          .map(
              entries -> MapSpec.of("values", MapTypes.ARRAY, Integer.BYTES, MAP_VALUE, entries, 0))
          .map(KernelMap::create)
          .toList();

  /// Why the kernel refused what it was given last.
  private String reason = "";

  @Override
  public Execution load(String name, Insns insns, int memoryBytes, boolean maps) {
    KernelRunner runner = KernelRunner.open(RunOptions.memory(memoryBytes));
    if (!runner.load(insns, maps ? this.maps : List.of())) {
      String why = Loading.reason(runner.answer().log());
      runner.close();
      throw new AssertionError("the kernel refuses '" + name + "': " + why);
    }
    return new Execution() {
      @Override
      public void run(byte[] memory) {
        MemorySegment content = MemorySegment.ofArray(memory);
        runner.memory().copyFrom(content);
        runner.run();
        content.copyFrom(runner.memory());
      }

      @Override
      public void close() {
        runner.close();
      }
    };
  }

  @Override
  public boolean stops(String name, Insns insns, int memoryBytes, boolean maps, int pc) {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(memoryBytes))) {
      boolean taken = runner.load(insns, maps ? this.maps : List.of());
      reason = taken ? "" : Loading.reason(runner.answer().log());
      return !taken;
    }
  }

  String reason() {
    return reason;
  }

  @Override
  public void close() {
    maps.forEach(KernelMap::close);
  }
}
