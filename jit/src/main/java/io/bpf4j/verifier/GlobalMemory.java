package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;

/// Memory handed to a global function, which may read and write all of it (kernel/bpf/verifier.c,
/// check_mem_reg).
final class GlobalMemory {
  private final Walk walk;
  private final Memory memory;
  private final StackAccess stack;

  GlobalMemory(Walk walk, Memory memory) {
    this.walk = walk;
    this.memory = memory;
    this.stack = new StackAccess(walk);
  }

  void check(Pointer p, Reg reg, long size) {
    switch (p.kind()) {
      case STACK -> {
        memory.stackBounds(p, reg, p.off(), size, true);
        memory.stackBounds(p, reg, p.off(), size, false);
        stack.helperRange(p, size, true);
      }
      case MAP_VALUE -> {
        memory.mapPermission(p, p.off(), size, false);
        memory.mapPermission(p, p.off(), size, true);
        memory.mapValue(p, reg, p.off(), size, true);
      }
      case MEM -> {
        if (p.readOnly()) {
          throw Memory.cannotWrite(p, reg);
        }
        memory.region(p, reg, p.off(), size, p.size(), true);
      }
      case PACKET, PACKET_META -> memory.packet(p, reg, p.off(), size, true);
      case MAP_KEY -> throw Memory.cannotWrite(p, reg);
      default ->
          throw Refusal.invalid(
              io.bpf4j.error.VerifierException.Reason.ARGUMENT,
              "R%d type=%s expected=fp".formatted(reg.ordinal(), p.typeName()));
    }
    walk.facts.accessed(walk.state.pc, p);
  }
}
