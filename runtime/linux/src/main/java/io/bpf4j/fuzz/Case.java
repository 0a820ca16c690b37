package io.bpf4j.fuzz;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;

/// A program with its input: what every execution gets.
///
/// @param insns the program
/// @param input what it is given
/// @param stackBytes how much of the entry function's frame it may read before it writes, and
///   leaves to be compared; 0 when the program shows by itself what its stack holds
/// @param usesMaps whether the program refers to a map, so that maps must be prepared and looked at
record Case(Insns insns, Input input, int stackBytes, boolean usesMaps) {
  Case(Insns insns, Input input, int stackBytes) {
    this(insns, input, stackBytes, usesMaps(insns));
  }

  /// The same program and input, shorter.
  Case withInsns(Insns fewer) {
    return new Case(fewer, input, stackBytes);
  }

  Case withInput(Input other) {
    return new Case(insns, other, stackBytes, usesMaps);
  }

  /// Whether the program has a way to its stack. The interpreter leaves the stack of one that has
  /// none as it was.
  boolean namesFrame() {
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      boolean names =
          switch (insns.at(pc)) {
            case Insn.Mov mov -> mov.src() == Reg.FP;
            case Insn.Alu alu -> alu.src() == Reg.FP;
            case Insn.Load load -> load.base() == Reg.FP;
            case Insn.Store store -> store.base() == Reg.FP || store.src() == Reg.FP;
            case Insn.Atomic atomic -> atomic.base() == Reg.FP;
            case Insn.LoadAcquire load -> load.base() == Reg.FP;
            case Insn.StoreRelease store -> store.base() == Reg.FP;
            default -> false;
          };
      if (names) {
        return true;
      }
    }
    return false;
  }

  private static boolean usesMaps(Insns insns) {
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      if (insns.at(pc) instanceof Insn.LoadImm64 load
          && (load.source() == PseudoLoad.MAP_IDX || load.source() == PseudoLoad.MAP_IDX_VALUE)) {
        return true;
      }
    }
    return false;
  }
}
