package io.bpf4j.conformance.family;

import io.bpf4j.isa.Insns;

/// What runs programs: an engine of ours, or the kernel.
public interface Host {
  /// Bytes of the one value of the array map that programs may have as map 0.
  int MAP_VALUE = 12;

  /// Makes a program ready, which gets memory of this length in R1.
  ///
  /// @param map whether the program has map 0
  Execution load(String name, Insns insns, int memoryBytes, boolean map);

  /// Whether the host keeps a program from an access outside what it may touch, by refusing to load
  /// it or with a fault at this instruction.
  boolean stops(String name, Insns insns, int memoryBytes, boolean map, int pc);

  /// A program that can be run again and again.
  interface Execution extends AutoCloseable {
    /// Runs it on this content of memory, which becomes what the program left.
    void run(byte[] memory);

    @Override
    void close();
  }
}
