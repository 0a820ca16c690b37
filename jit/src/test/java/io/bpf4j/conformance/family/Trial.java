package io.bpf4j.conformance.family;

import io.bpf4j.isa.Insns;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A program that tries many things one after the other and leaves in memory what came of each.
///
/// ```
/// memory: 0 scratch | 16 a, b, c, m | 48 results … | 16 bytes scratch
/// ```
///
/// @param name what is tried
/// @param insns the program
/// @param memoryBytes how long its memory is
/// @param map whether it has a map
/// @param engineOnly whether the kernel's verifier refuses it
/// @param inputs what `a`, `b`, `c` and `m` are, run for run
/// @param probes what must be in memory after each
public record Trial(
    String name,
    Insns insns,
    int memoryBytes,
    boolean map,
    boolean engineOnly,
    List<Inputs> inputs,
    List<Probe> probes) {
  static final int OPERANDS = 16;
  static final int RESULTS = 48;
  private static final int ENOUGH = 3;

  /// The numbers of a run.
  record Inputs(long a, long b, long c, long m) {}

  /// A result.
  ///
  /// @param what where it comes from
  /// @param at where it is in memory
  /// @param expected what it must be
  record Probe(String what, int at, Expected expected) {}

  /// What a result must be; other results may be needed to tell.
  interface Expected {
    long of(Inputs inputs, ByteBuffer memory);
  }

  /// Runs the program with all inputs and says what was wrong; no more than a few of it.
  public List<String> failures(Host host) {
    List<String> failures = new ArrayList<>();
    try (Host.Execution execution = host.load(name, insns, memoryBytes, map)) {
      byte[] bytes = new byte[memoryBytes];
      ByteBuffer memory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      for (Inputs given : inputs) {
        Arrays.fill(bytes, (byte) 0x5a);
        memory.putLong(OPERANDS, given.a).putLong(OPERANDS + 8, given.b);
        memory.putLong(OPERANDS + 16, given.c).putLong(OPERANDS + 24, given.m);
        execution.run(bytes);
        for (Probe probe : probes) {
          long is = memory.getLong(probe.at);
          long must = probe.expected.of(given, memory);
          if (is != must) {
            failures.add(
                "%s: %s for a=0x%x b=0x%x c=0x%x m=0x%x: is 0x%x, must be 0x%x"
                    .formatted(name, probe.what, given.a, given.b, given.c, given.m, is, must));
            if (failures.size() == ENOUGH) {
              return failures;
            }
          }
        }
      }
    }
    return failures;
  }
}
