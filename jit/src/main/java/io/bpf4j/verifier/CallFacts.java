package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import org.jspecify.annotations.Nullable;

/// What the arguments of the helper call being looked at told: gathered argument by argument, used
/// by [CallTransfer].
final class CallFacts {
  @Nullable MapDef map;
  int mapUid;

  /// The reference that an argument holds, or 0.
  int refId;

  /// The argument whose reference is given back, or null.
  @Nullable Reg released;

  /// Stack memory that the helper fills, and how much of it.
  @Nullable Pointer output;

  long outputSize;

  /// The key, when it is a constant; -1 otherwise.
  long constKey = -1;

  /// The size of what is allocated.
  long allocSize;

  /// The largest size of the last sized memory.
  long maxSize;

  /// The function handed over.
  int subprog = -1;

  /// Whether the memory argument before a size may be unwritten.
  boolean rawMode;
}
