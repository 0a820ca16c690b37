package io.bpf4j.conformance.family;

/// A stretch of memory that a program may touch, and a way to an address in it: each is something
/// else to a compiler and to the verifier.
enum Place {
  /// The memory, from its start.
  MEMORY,
  /// The memory, from its end.
  MEMORY_END,
  /// The memory, from an address to which a number was added.
  MEMORY_INDEXED,
  /// The stack, by R10 itself.
  FRAME,
  /// The stack, from a copy of R10 that was moved to its low end.
  STACK,
  /// The stack, from an address to which a number was added.
  STACK_INDEXED,
  /// The stack, on a way through the program where it could be the memory.
  EITHER,
  /// A map's value, whose address is in the code.
  VALUE,
  /// A map's value between others, which was looked up.
  FOUND,
  /// The same, from an address to which a number was added.
  FOUND_INDEXED;

  private static final int FRAME_BYTES = 512;
  private static final int EITHER_BYTES = 16;

  /// Whether its base is a register that can be chosen.
  boolean choosesBase() {
    return this != FRAME;
  }

  boolean usesMap() {
    return this == VALUE || this == FOUND || this == FOUND_INDEXED;
  }

  /// The distance of its first byte from the base.
  int low(Blocks blocks) {
    return switch (this) {
      case MEMORY, MEMORY_INDEXED, STACK, STACK_INDEXED, VALUE, FOUND, FOUND_INDEXED -> 0;
      case MEMORY_END -> -blocks.memoryBytes();
      case EITHER -> EITHER_BYTES - FRAME_BYTES;
      case FRAME -> -FRAME_BYTES;
    };
  }

  /// The distance of the byte behind its last.
  int high(Blocks blocks) {
    return switch (this) {
      case MEMORY, MEMORY_INDEXED -> blocks.memoryBytes();
      case STACK, STACK_INDEXED -> FRAME_BYTES;
      case EITHER -> EITHER_BYTES;
      case MEMORY_END, FRAME -> 0;
      case VALUE, FOUND, FOUND_INDEXED -> Host.MAP_VALUE;
    };
  }

  /// The distance from the base of an access at the low end, or of the lowest that can be tried.
  int first(Blocks blocks) {
    return this == EITHER ? 0 : low(blocks);
  }

  /// The distance from the base of an access of this size at the high end.
  int last(Blocks blocks, int size, boolean aligned) {
    int last = high(blocks) - size;
    return aligned ? last & -size : last;
  }

  /// Writes what makes `base` point there. R0 to R5 may change, which a block sets later; the
  /// `other` register is left alone by what needs one more.
  void base(Blocks blocks, int base, int home, int other) {
    if (usesMap()) {
      blocks.usesMap();
    }
    switch (this) {
      case FRAME -> {}
      case MEMORY, MEMORY_INDEXED -> blocks.line("r%d = r%d", base, home);
      case MEMORY_END -> {
        blocks.line("r%d = r%d", base, home);
        blocks.line("r%d += %d", base, blocks.memoryBytes());
      }
      case STACK, STACK_INDEXED -> {
        blocks.line("r%d = r10", base);
        blocks.line("r%d += %d", base, -FRAME_BYTES);
      }
      case EITHER -> {
        int spare = Blocks.free(new int[] {0, 1, 2, 3, 4, 5}, base, other);
        // Operand a is 0 in these programs, which nobody can know.
        blocks.operand(spare, 'a', home);
        blocks.line("r%d = r10", base);
        blocks.line("r%d += %d", base, -EITHER_BYTES);
        blocks.line("if r%d == 0 goto pc+1", spare);
        blocks.line("r%d = r%d", base, home);
      }
      case VALUE -> blocks.line("r%d = map[idx:0][0]+0", base);
      case FOUND, FOUND_INDEXED -> {
        lookup(blocks, 1);
        blocks.line("if r0 != 0 goto pc+2");
        blocks.line("r0 = -1");
        blocks.line("exit");
        if (base != 0) {
          blocks.line("r%d = r0", base);
        }
      }
    }
    if (this == MEMORY_INDEXED || this == STACK_INDEXED || this == FOUND_INDEXED) {
      int spare = Blocks.free(new int[] {0, 1, 2, 3, 4, 5}, base, other);
      blocks.operand(spare, 'a', home);
      blocks.line("r%d &= 0", spare);
      blocks.line("r%d += r%d", base, spare);
    }
  }

  /// Looks a key up in map 1.
  static void lookup(Blocks blocks, int key) {
    blocks.usesMap();
    blocks.line("*(u32 *)(r10 -4) = %d", key);
    blocks.line("r2 = r10");
    blocks.line("r2 += -4");
    blocks.line("r1 = map[idx:1]");
    blocks.line("call helper#1");
  }
}
