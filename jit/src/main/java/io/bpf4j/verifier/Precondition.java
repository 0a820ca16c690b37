package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;

/// Something that must hold before an instruction, as data: [Preconditions#of] lists them in the
/// order in which the kernel looks, [Prover] discharges them against a state.
public sealed interface Precondition {
  /// The rule in words.
  String words();

  /// A register was written.
  record Initialized(Reg reg) implements Precondition {
    @Override
    public String words() {
      return reg + " was written before";
    }
  }

  /// A register may be written: it is not the frame pointer.
  record Writable(Reg reg) implements Precondition {
    @Override
    public String words() {
      return reg + " is not the frame pointer";
    }
  }

  /// Never: the instruction is legal in no state.
  record Never(String rule) implements Precondition {
    @Override
    public String words() {
      return "no state allows it: " + rule;
    }
  }

  /// An operation that has a meaning on what its operands are.
  record Combinable(AluOp op, Width width, Reg dst, Operand src) implements Precondition {
    @Override
    public String words() {
      return "%s and %s can be combined by %s".formatted(dst, src, op.spelling());
    }
  }

  /// Memory that may be read or written.
  ///
  /// @param base the register with the address
  /// @param off what is added to it
  /// @param size bytes
  /// @param write whether it is written
  /// @param signed whether what is read is sign-extended
  /// @param aligned whether the address must be a multiple of the size whatever the memory is
  record Access(Reg base, int off, int size, boolean write, boolean signed, boolean aligned)
      implements Precondition {
    @Override
    public String words() {
      return "%d bytes at %s%+d are %s".formatted(size, base, off, write ? "writable" : "readable");
    }
  }

  /// A register points to memory that can be changed atomically.
  record AtomicTarget(Reg base, boolean store) implements Precondition {
    @Override
    public String words() {
      return base + " points to memory that takes atomic operations";
    }
  }

  /// Never: an atomic operation fetches into its base. The kernel looks at the write after it has
  /// put what is fetched where it goes (check_atomic_rmw), so that the address is any number by
  /// then.
  record BaseKept(Reg base, int off, int size) implements Precondition {
    @Override
    public String words() {
      return "what is fetched does not go to the base " + base;
    }
  }

  /// The program type has packet loads of the classic form.
  record ClassicLoads() implements Precondition {
    @Override
    public String words() {
      return "the program type takes LD_ABS and LD_IND";
    }
  }

  /// Nothing is held that the end of the program would leak.
  ///
  /// @param what the instruction, as the kernel's message names it
  record NothingHeld(String what) implements Precondition {
    @Override
    public String words() {
      return "no reference and no lock is held";
    }
  }

  /// R6 is the unmodified context.
  record ContextInR6() implements Precondition {
    @Override
    public String words() {
      return "R6 is the context";
    }
  }

  /// The program may call the helper here.
  record Callable(int helper) implements Precondition {
    @Override
    public String words() {
      return "helper " + helper + " may be called by this program, here";
    }
  }

  /// An argument is what the helper needs.
  ///
  /// @param index 0 for R1
  record Argument(int helper, int index, ArgRule rule) implements Precondition {
    Reg reg() {
      return Reg.of(index + 1);
    }

    @Override
    public String words() {
      return "R%d is %s".formatted(index + 1, rule.form());
    }
  }

  /// What is beyond this proof.
  record Unsupported(String what) implements Precondition {
    @Override
    public String words() {
      return what + ", which this proof knows nothing of";
    }
  }
}
