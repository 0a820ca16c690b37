package io.bpf4j.codegen;

import io.bpf4j.mem.MemoryBackend;

/// How much goes into a generated method and a generated class.
///
/// @param bytes of a method's bytecode: HotSpot compiles nothing of 8,000 and more, and here an
///   upper bound is compared
/// @param accesses to memory in a method: beyond about 30 of the foreign memory API C2 inlines no
///   more of them, and beyond some hundreds its own stack may not suffice
/// @param constants entries of a class's constant pool, of 65,535
record Limits(int bytes, int accesses, int constants) {
  static final Limits DEFAULT =
      new Limits(7_500, MemoryBackend.current() == MemoryBackend.FFM ? 30 : 500, 40_000);
}
