package io.bpf4j.linux;

import io.bpf4j.prog.ProgType;

/// What bare programs are run as.
///
/// @param type the program type, which decides about helpers and packet loads
/// @param memoryBytes how long their memory is; may be 0, then R1 is 0
/// @param stackBytes how much of the entry function's stack starts as zeros and is shown
///   afterwards: a multiple of 8 up to 512; 0 is faster
/// @param packetBytes length of the packet of types that have one, at least 14
/// @param handsMemory whether R1 and R2 are memory and length; otherwise R1 is the type's context
/// @param flags `prog_flags`
public record RunOptions(
    ProgType type,
    int memoryBytes,
    int stackBytes,
    int packetBytes,
    boolean handsMemory,
    int flags) {
  private static final int STACK = 512;

  public RunOptions {
    if (stackBytes < 0 || stackBytes > STACK || stackBytes % Long.BYTES != 0) {
      throw new IllegalArgumentException(
          "a stack of " + stackBytes + " bytes is no multiple of 8 up to " + STACK);
    }
    if (memoryBytes < 0) {
      throw new IllegalArgumentException("memory of " + memoryBytes + " bytes");
    }
  }

  /// Programs that get memory of this length.
  public static RunOptions memory(int bytes) {
    return new RunOptions(ProgType.SOCKET_FILTER, bytes, 0, 64, true, 0);
  }

  /// Programs of a type that get its context.
  public static RunOptions context(ProgType type, int packetBytes) {
    return new RunOptions(type, 0, 0, packetBytes, false, 0);
  }

  public RunOptions withType(ProgType type) {
    return new RunOptions(type, memoryBytes, stackBytes, packetBytes, handsMemory, flags);
  }

  public RunOptions withStack(int stackBytes) {
    return new RunOptions(type, memoryBytes, stackBytes, packetBytes, handsMemory, flags);
  }
}
