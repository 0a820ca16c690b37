package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Structure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;

/// The control flow of a program, checked before anything is walked (kernel/bpf/verifier.c,
/// check_subprogs and check_cfg): functions and what each does, instructions at which states are
/// worth keeping, loops.
final class Cfg {
  /// Functions of a program at most.
  private static final int MAX_SUBPROGS = 256;

  private static final int[] NONE = {};

  final Insns insns;

  /// Where functions start, ascending, the first 0.
  final int[] starts;

  /// Of each function: whether it makes tail calls, loads packets the classic way, or may move the
  /// packet, itself or through what it calls.
  final boolean[] tailCalls;

  final boolean[] legacyLoads;
  final boolean[] changesPacket;

  /// Instructions before which a state may be kept.
  final BitSet prunePoints = new BitSet();

  /// Instructions before which one is always kept.
  final BitSet forced = new BitSet();

  /// Instructions that a path may reach other than from the instruction before.
  final BitSet jumpPoints = new BitSet();

  /// Helper calls that run a function of the program.
  final BitSet callsBack = new BitSet();

  /// Legacy loads and tail calls: in a function other than the first they may return to the caller.
  final BitSet leavesEarly = new BitSet();

  /// Of each instruction: the number of its loop, 0 outside of loops.
  final int[] loops;

  private final int[][] successors;

  private Cfg(Insns insns, int[] starts) {
    this.insns = insns;
    this.starts = starts;
    this.tailCalls = new boolean[starts.length];
    this.legacyLoads = new boolean[starts.length];
    this.changesPacket = new boolean[starts.length];
    this.successors = new int[insns.size()][];
    this.loops = new int[insns.size()];
  }

  /// @throws Refusal when the shape is not legal
  static Cfg of(Subject subject, Rules rules) {
    Insns insns = subject.insns();
    if (insns.size() == 0) {
      throw Refusal.at(0, Reason.SHAPE, "the program is empty");
    }
    Cfg cfg = new Cfg(insns, findFunctions(insns));
    cfg.scan(subject, rules);
    cfg.checkFunctions();
    cfg.checkFunctionInfo(subject);
    cfg.checkReachable();
    cfg.spreadPacketChanges();
    new LoopFinder(cfg).mark();
    return cfg;
  }

  private static int[] findFunctions(Insns insns) {
    TreeSet<Integer> found = new TreeSet<>(List.of(0));
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      int callee = callee(insns.at(pc), pc);
      if (callee == NO_CALLEE) {
        continue;
      }
      if (callee < 0 || callee >= insns.size()) {
        throw Refusal.at(pc, Reason.SHAPE, "call to invalid destination");
      }
      found.add(callee);
      if (found.size() > MAX_SUBPROGS) {
        throw Refusal.tooBig("too many subprograms");
      }
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  private static final int NO_CALLEE = Integer.MIN_VALUE;

  /// Where the function starts that an instruction calls or whose address it loads.
  private static int callee(Insn insn, int pc) {
    return switch (insn) {
      case Insn.CallLocal(int offset) -> pc + 1 + offset;
      case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC -> pc + 1 + load.low();
      default -> NO_CALLEE;
    };
  }

  /// The index of the function an instruction is in.
  int subprogOf(int pc) {
    int found = Arrays.binarySearch(starts, pc);
    return found >= 0 ? found : -found - 2;
  }

  /// The index of the function that starts there.
  int subprogAt(int pc) {
    int found = Arrays.binarySearch(starts, pc);
    if (found < 0) {
      throw new IllegalStateException("no function starts at " + pc);
    }
    return found;
  }

  int endOf(int subprog) {
    return subprog + 1 < starts.length ? starts[subprog + 1] : insns.size();
  }

  /// The instructions that may run next in the same function; calls are stepped over.
  int[] successors(int pc) {
    int[] next = successors[pc];
    return next == null ? NONE : next;
  }

  private void scan(Subject subject, Rules rules) {
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      Insn insn = insns.at(pc);
      int next = insns.next(pc);
      Integer target = Structure.jumpTarget(insn, pc);
      int subprog = subprogOf(pc);
      successors[pc] =
          switch (insn) {
            case Insn.Exit() -> NONE;
            case Insn.Goto _ -> new int[] {goal(target)};
            case Insn.Jump _, Insn.MayGoto _ -> new int[] {next, goal(target)};
            default -> new int[] {next};
          };
      switch (insn) {
        case Insn.Goto _ -> pointTo(goal(target));
        case Insn.Jump _ -> {
          prunePoints.set(pc);
          pointTo(goal(target));
        }
        case Insn.MayGoto _ -> {
          prunePoints.set(pc);
          forced.set(pc);
          pointTo(goal(target));
        }
        case Insn.CallHelper(int id) -> {
          pointTo(next);
          HelperRule rule = rules.helper(id, subject.type());
          noteHelper(pc, subprog, id, rule);
        }
        case Insn.CallKfunc _ -> pointTo(next);
        case Insn.CallLocal _ -> {
          pointTo(next);
          prunePoints.set(pc);
          pointTo(callee(insn, pc));
        }
        case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC -> {
          pointTo(next);
          prunePoints.set(pc);
          pointTo(callee(insn, pc));
        }
        case Insn.LegacyLoad _ -> {
          legacyLoads[subprog] = true;
          leavesEarly.set(pc);
        }
        default -> {}
      }
    }
  }

  private static int goal(@org.jspecify.annotations.Nullable Integer target) {
    return target == null ? -1 : target;
  }

  private void noteHelper(
      int pc, int subprog, int id, @org.jspecify.annotations.Nullable HelperRule rule) {
    if (id == Helpers.TAIL_CALL) {
      tailCalls[subprog] = true;
      leavesEarly.set(pc);
    }
    if (rule == null) {
      return;
    }
    changesPacket[subprog] |= rule.has(HelperRule.Trait.CHANGES);
    if (rule.callsBackLater()) {
      prunePoints.set(pc);
    }
    if (rule.callsBack()) {
      callsBack.set(pc);
      forced.set(pc);
      prunePoints.set(pc);
      jumpPoints.set(pc);
    }
  }

  private void pointTo(int pc) {
    if (pc >= 0) {
      prunePoints.set(pc);
      jumpPoints.set(pc);
    }
  }

  private void checkFunctions() {
    for (int subprog = 0; subprog < starts.length; subprog++) {
      int start = starts[subprog];
      int end = endOf(subprog);
      if (!insns.startsAt(start)) {
        throw Refusal.at(
            start, Reason.SHAPE, "jump into the middle of ldimm64 insn " + (start - 1));
      }
      int last = start;
      for (int pc = start; pc < end; pc = insns.next(pc)) {
        Integer target = Structure.jumpTarget(insns.at(pc), pc);
        if (target != null && (target < start || target >= end)) {
          throw Refusal.at(
              pc, Reason.SHAPE, "jump out of range from insn %d to %d".formatted(pc, target));
        }
        last = pc;
      }
      Insn insn = insns.at(last);
      if (!(insn instanceof Insn.Exit) && !(insn instanceof Insn.Goto)) {
        throw Refusal.at(last, Reason.SHAPE, "last insn is not an exit or jmp");
      }
    }
  }

  /// Functions without BTF may neither make tail calls nor load packets the classic way; with BTF
  /// they must return an integer (check_abnormal_return, check_btf_func).
  private void checkFunctionInfo(Subject subject) {
    List<FuncDef> funcs = subject.funcs();
    if (!funcs.isEmpty() && funcs.size() != starts.length) {
      throw Refusal.at(
          0, Reason.SHAPE, "number of funcs in func_info doesn't match number of subprogs");
    }
    for (int i = 0; i < starts.length; i++) {
      if (!funcs.isEmpty() && funcs.get(i).pc() != starts[i]) {
        throw Refusal.at(
            starts[i],
            Reason.SHAPE,
            "func_info BTF section doesn't match subprog layout in BPF program");
      }
      if (i > 0 && (legacyLoads[i] || tailCalls[i])) {
        String what = legacyLoads[i] ? "LD_ABS" : "tail_call";
        if (funcs.isEmpty()) {
          throw Refusal.at(
              starts[i], Reason.SHAPE, what + " is not allowed in subprogs without BTF");
        }
        if (!funcs.get(i).returnsInt()) {
          throw Refusal.at(
              starts[i], Reason.SHAPE, what + " is only allowed in functions that return 'int'.");
        }
      }
    }
  }

  private void checkReachable() {
    BitSet seen = new BitSet();
    List<Integer> open = new ArrayList<>(List.of(0));
    seen.set(0);
    while (!open.isEmpty()) {
      int pc = open.removeLast();
      if (!insns.startsAt(pc)) {
        throw Refusal.at(pc, Reason.SHAPE, "jump into the middle of ldimm64 insn " + (pc - 1));
      }
      int callee = callee(insns.at(pc), pc);
      if (callee != NO_CALLEE && !seen.get(callee)) {
        seen.set(callee);
        open.add(callee);
      }
      for (int next : successors(pc)) {
        if (next >= insns.size()) {
          throw Refusal.at(
              pc, Reason.SHAPE, "jump out of range from insn %d to %d".formatted(pc, next));
        }
        if (!seen.get(next)) {
          seen.set(next);
          open.add(next);
        }
      }
    }
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      if (!seen.get(pc)) {
        throw Refusal.at(pc, Reason.UNREACHABLE, "unreachable insn " + pc);
      }
    }
  }

  private void spreadPacketChanges() {
    boolean grew = true;
    while (grew) {
      grew = false;
      for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
        int callee = callee(insns.at(pc), pc);
        if (callee != NO_CALLEE
            && changesPacket[subprogAt(callee)]
            && !changesPacket[subprogOf(pc)]) {
          changesPacket[subprogOf(pc)] = true;
          grew = true;
        }
      }
    }
  }
}
