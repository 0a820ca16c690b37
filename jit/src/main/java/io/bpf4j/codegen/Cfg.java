package io.bpf4j.codegen;

import io.bpf4j.engine.Proof;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where control can go in a program: its functions, and from each instruction the jump it may take
/// and whether it can run into the next. [io.bpf4j.isa.Structure] has been checked before, so every
/// target exists and lies in the same function. Where a proof knows that no run gets to one side of
/// a jump, there is no such way; as in the kernel (opt_hard_wire_dead_code_branches) what counts is
/// that the instruction there is never reached, by whatever way.
final class Cfg {
  /// Said of an instruction that never jumps.
  static final int NO_JUMP = -1;

  /// A function: slots `[start, end)`.
  ///
  /// @param index its place in [Cfg#functions]
  record Function(int index, int start, int end) {}

  private final Insns insns;
  private final @Nullable Proof proof;
  private final List<Function> functions = new ArrayList<>();
  private final Function[] byPc;
  private boolean callsRegisters;

  /// @param entries the pcs where functions start, ascending, the first 0
  /// @param proof what is known of dead code, or null
  Cfg(Insns insns, List<Integer> entries, @Nullable Proof proof) {
    this.insns = insns;
    this.proof = proof;
    this.byPc = new Function[insns.size()];
    for (int i = 0; i < entries.size(); i++) {
      int start = entries.get(i);
      int end = i + 1 < entries.size() ? entries.get(i + 1) : insns.size();
      Function function = new Function(i, start, end);
      functions.add(function);
      for (int pc = start; pc < end; pc++) {
        byPc[pc] = function;
        callsRegisters |= insns.startsAt(pc) && insns.at(pc) instanceof Insn.CallReg;
      }
    }
  }

  Insns insns() {
    return insns;
  }

  List<Function> functions() {
    return functions;
  }

  Function functionAt(int pc) {
    return byPc[pc];
  }

  /// Whether the program calls through registers, so that every function may be entered with any
  /// arguments.
  boolean callsRegisters() {
    return callsRegisters;
  }

  /// Where the instruction goes when it jumps, or [#NO_JUMP].
  int jump(int pc) {
    return switch (insns.at(pc)) {
      case Insn.Jump jump -> {
        int target = pc + 1 + jump.offset();
        yield reaches(target) ? target : NO_JUMP;
      }
      case Insn.Goto jump -> pc + 1 + jump.offset();
      case Insn.MayGoto jump -> pc + 1 + jump.offset();
      default -> NO_JUMP;
    };
  }

  /// Whether control can go on to the following instruction.
  boolean fallsThrough(int pc) {
    return switch (insns.at(pc)) {
      case Insn.Exit _, Insn.Goto _ -> false;
      case Insn.Jump _ -> reaches(pc + 1);
      default -> true;
    };
  }

  private boolean reaches(int pc) {
    return proof == null || proof.reaches(pc);
  }

  /// The function a local call enters.
  static int callee(int pc, Insn.CallLocal call) {
    return pc + 1 + call.offset();
  }

  /// Whether calls can nest no deeper than `limit` functions: no recursion, no calls through
  /// registers, and no path in the call graph that long.
  boolean nestsWithin(int limit) {
    if (callsRegisters) {
      return false;
    }
    boolean[] known = new boolean[functions.size()];
    int[] depth = new int[functions.size()];
    boolean changed = true;
    // Depths only grow; a cycle of calls grows past the limit, which ends the loop.
    depth[0] = 1;
    known[0] = true;
    while (changed) {
      changed = false;
      for (Function function : functions) {
        if (!known[function.index()]) {
          continue;
        }
        for (int pc = function.start(); pc < function.end(); pc = insns.next(pc)) {
          if (insns.at(pc) instanceof Insn.CallLocal call) {
            int callee = byPc[callee(pc, call)].index();
            int below = depth[function.index()] + 1;
            if (!known[callee] || depth[callee] < below) {
              if (below > limit) {
                return false;
              }
              known[callee] = true;
              depth[callee] = below;
              changed = true;
            }
          }
        }
      }
    }
    return true;
  }

  /// Whether an instruction makes a function's address.
  static boolean makesFunctionPointer(Insn insn) {
    return insn instanceof Insn.LoadImm64 load && load.source() == PseudoLoad.FUNC;
  }
}
