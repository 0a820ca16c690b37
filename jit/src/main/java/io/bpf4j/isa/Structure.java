package io.bpf4j.isa;

import io.bpf4j.error.InsnFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The shape every program must have before an engine looks at it, as the kernel demands it first
/// of all (kernel/bpf/verifier.c, check_subprogs and check_cfg): jumps and calls land on
/// instructions, jumps stay in their function, no function runs off its end, and nothing writes
/// R10.
public final class Structure {
  private final Insns insns;
  private final NavigableSet<Integer> entries;

  private Structure(Insns insns, NavigableSet<Integer> entries) {
    this.insns = insns;
    this.entries = entries;
  }

  /// Checks a program and returns the pcs where its functions start, ascending, the first 0: call
  /// targets and function pointers found in the code, and the given extra entries.
  ///
  /// @throws InsnFormatException naming the first instruction that breaks a rule
  public static List<Integer> check(Insns insns, Set<Integer> extraEntries) {
    if (insns.size() == 0) {
      throw new InsnFormatException(0, "the program is empty");
    }
    NavigableSet<Integer> entries = new TreeSet<>(extraEntries);
    entries.add(0);
    for (int entry : entries) {
      require(insns.startsAt(entry), entry, "no instruction starts at this function entry");
    }
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      Integer target = callTarget(insns.at(pc), pc);
      if (target != null) {
        require(insns.startsAt(target), pc, "call to " + target + ", where no instruction starts");
        entries.add(target);
      }
    }
    new Structure(insns, entries).checkFunctions();
    return new ArrayList<>(entries);
  }

  private static @Nullable Integer callTarget(Insn insn, int pc) {
    return switch (insn) {
      case Insn.CallLocal(int offset) -> pc + 1 + offset;
      case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC -> pc + 1 + load.low();
      default -> null;
    };
  }

  private void checkFunctions() {
    int start = 0;
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      Insn insn = insns.at(pc);
      int next = insns.next(pc);
      Integer following = entries.higher(start);
      int end = following == null ? insns.size() : following;
      Integer jump = jumpTarget(insn, pc);
      if (jump != null) {
        require(insns.startsAt(jump), pc, "jump to " + jump + ", where no instruction starts");
        require(jump >= start && jump < end, pc, "jump to " + jump + " leaves the function");
      }
      require(written(insn) != Reg.R10, pc, "the frame pointer R10 is read-only");
      if (next == end) {
        require(ends(insn), pc, "the function's last instruction is neither exit nor a jump");
        start = next;
      }
    }
  }

  /// Where a jump goes when it is taken, or null when the instruction is none.
  public static @Nullable Integer jumpTarget(Insn insn, int pc) {
    return switch (insn) {
      case Insn.Jump jump -> pc + 1 + jump.offset();
      case Insn.Goto jump -> pc + 1 + jump.offset();
      case Insn.MayGoto jump -> pc + 1 + jump.offset();
      default -> null;
    };
  }

  /// The register an instruction writes by its own words (calls clobber R0 to R5 besides), or null.
  public static @Nullable Reg written(Insn insn) {
    return switch (insn) {
      case Insn.Alu alu -> alu.dst();
      case Insn.Mov mov -> mov.dst();
      case Insn.MovSx mov -> mov.dst();
      case Insn.Neg neg -> neg.dst();
      case Insn.Swap swap -> swap.dst();
      case Insn.LoadImm64 load -> load.dst();
      case Insn.Load load -> load.dst();
      case Insn.LoadAcquire load -> load.dst();
      case Insn.AddrSpaceCast cast -> cast.dst();
      case Insn.Atomic atomic when atomic.fetch() && atomic.op() != AtomicOp.CMPXCHG ->
          atomic.src();
      case Insn.Atomic atomic when atomic.op() == AtomicOp.CMPXCHG -> Reg.R0;
      case Insn.CallHelper _,
          Insn.CallKfunc _,
          Insn.CallLocal _,
          Insn.CallReg _,
          Insn.LegacyLoad _ ->
          Reg.R0;
      default -> null;
    };
  }

  private static boolean ends(Insn insn) {
    return insn instanceof Insn.Exit || insn instanceof Insn.Goto;
  }

  private static void require(boolean holds, int pc, String rule) {
    if (!holds) {
      throw new InsnFormatException(pc, rule);
    }
  }
}
