package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;

/// Discharges preconditions against the walked state, or refuses in the kernel's words.
final class Prover {
  private final Walk walk;
  private final Memory memory;
  private final PointerAlu pointers;
  private final Arguments arguments;

  Prover(Walk walk) {
    this.walk = walk;
    this.memory = new Memory(walk);
    this.pointers = new PointerAlu(walk);
    this.arguments = new Arguments(walk, memory);
  }

  CallFacts callFacts() {
    return arguments.facts();
  }

  /// @throws Refusal when it does not hold
  void prove(Precondition precondition) {
    switch (precondition) {
      case Precondition.Initialized(Reg reg) -> initialized(reg);
      case Precondition.Writable(Reg reg) -> {
        if (reg == Reg.FP) {
          throw Refusal.access(Reason.PERMISSION, "frame pointer is read only");
        }
      }
      case Precondition.Never(String rule) -> throw Refusal.invalid(Reason.ARITHMETIC, rule);
      case Precondition.Combinable c -> pointers.check(c);
      case Precondition.Access access -> memory.check(access);
      case Precondition.AtomicTarget(Reg base, boolean store) -> atomicTarget(base, store);
      case Precondition.BaseKept(Reg _, int off, int size) ->
          throw Refusal.access(
              Reason.ALIGNMENT,
              "misaligned access off (0x0; 0xffffffffffffffff)+0%+d size %d".formatted(off, size));
      case Precondition.ClassicLoads() -> {
        if (!walk.prog.legacyLoads) {
          throw Refusal.invalid(
              Reason.SHAPE, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
        }
      }
      case Precondition.NothingHeld(String what) -> nothingHeld(walk, what);
      case Precondition.ContextInR6() -> {
        if (!walk.state.reg(Reg.R6).is(PtrKind.CTX)) {
          throw Refusal.invalid(
              Reason.ARGUMENT, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
        }
        memory.unmodified((Pointer) walk.state.reg(Reg.R6), Reg.R6);
      }
      case Precondition.Callable(int helper) -> arguments.callable(helper);
      case Precondition.Argument argument -> arguments.check(argument);
      case Precondition.Unsupported(String what) -> throw new Beyond(what);
    }
  }

  private void initialized(Reg reg) {
    if (walk.state.reg(reg) == NotInit.NOT_INIT) {
      throw Walk.uninitialized(reg);
    }
  }

  private void atomicTarget(Reg base, boolean store) {
    RegState reg = walk.state.reg(base);
    if (reg instanceof Pointer p
        && (p.kind() == PtrKind.CTX || p.kind().isPacket() || p.kind().isSocket())) {
      throw Refusal.access(
          Reason.PERMISSION,
          "BPF_ATOMIC %s R%d %s is not allowed"
              .formatted(store ? "stores into" : "loads from", base.ordinal(), reg.typeName()));
    }
  }

  /// Refuses when the path holds something that the end of the program would leak.
  static void nothingHeld(Walk walk, String what) {
    noLock(walk, what);
    noReference(walk, what);
  }

  static void noLock(Walk walk, String what) {
    if (walk.state.holdsLock()) {
      throw Refusal.invalid(Reason.LOCK, what + " cannot be used inside bpf_spin_lock-ed region");
    }
  }

  static void noReference(Walk walk, String what) {
    if (walk.state.depth() > 0) {
      return;
    }
    for (Held held : walk.state.held) {
      if (held.kind() == Held.Kind.REFERENCE) {
        throw Refusal.invalid(
            Reason.REFERENCE,
            "Unreleased reference id=%d alloc_insn=%d".formatted(held.id(), held.pc()));
      }
    }
  }
}
