package io.bpf4j.conformance.family;

import io.bpf4j.isa.Insns;
import java.util.List;

/// What runs programs: an engine of ours, or the kernel.
public interface Host {
  /// Bytes of a value of the array maps that programs may have.
  int MAP_VALUE = 12;

  /// How many values the maps have, in the order of their indices.
  List<Integer> MAP_ENTRIES = List.of(1, 3);

  /// Makes a program ready, which gets memory of this length in R1.
  ///
  /// @param maps whether the program has maps
  Execution load(String name, Insns insns, int memoryBytes, boolean maps);

  /// Whether the host keeps a program from an access outside what it may touch, by refusing to load
  /// it or with a fault at this instruction.
  boolean stops(String name, Insns insns, int memoryBytes, boolean maps, int pc);

  /// A program that can be run again and again.
  interface Execution extends AutoCloseable {
    /// Runs it on this content of memory, which becomes what the program left.
    void run(byte[] memory);

    @Override
    void close();
  }
}
