package io.bpf4j.codegen;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// How a function becomes methods. HotSpot compiles no method of 8,000 bytes of bytecode or more,
/// and running it interpreted is hundreds of times slower; and a method with too many accesses
/// through the foreign memory API exhausts C2's inlining budget, or its stack. So a function beyond
/// either limit is cut into chunks: contiguous ranges of slots, each a method that takes the number
/// of the entry to start at and returns the number of the one to go on with.
///
/// ```
///   chunk 0: slots [0, 310)     entries 0
///   chunk 1: slots [310, 622)   entries 310, 402     number of an entry = chunk << 16 | place
/// ```
///
/// Registers that live across a cut travel through a `long[]` of the CPU slot. So chunks are as
/// large as they may be, and end where few registers live and few jumps cross, loops least of all.
final class MethodPlan {
  private static final int BACKWARD_COST = 8;
  private static final int FORWARD_COST = 2;

  /// A range of slots that becomes a method.
  ///
  /// @param from its first slot
  /// @param to one past its last
  /// @param why what ended the chunk before it: empty for the first
  /// @param entries the slots where it is entered from outside, ascending
  record Chunk(int from, int to, String why, List<Integer> entries) {
    Chunk {
      entries = List.copyOf(entries);
    }
  }

  private final Analysis analysis;
  private final Measures measures;
  private final Cfg cfg;
  private final Cfg.Function function;
  private final Limits limits;
  private final int[] firstSource;
  private final int[] lastSource;
  private final int[] crossing;

  private MethodPlan(Analysis analysis, Measures measures, Limits limits, Cfg.Function function) {
    this.analysis = analysis;
    this.measures = measures;
    this.cfg = analysis.cfg();
    this.function = function;
    this.limits = limits;
    int length = function.end() - function.start();
    this.firstSource = new int[length];
    this.lastSource = new int[length];
    this.crossing = new int[length + 1];
    java.util.Arrays.fill(firstSource, Integer.MAX_VALUE);
    java.util.Arrays.fill(lastSource, -1);
    for (int pc = function.start(); pc < function.end(); pc = cfg.insns().next(pc)) {
      int target = analysis.kinds().reaches(pc) ? cfg.jump(pc) : Cfg.NO_JUMP;
      if (target != Cfg.NO_JUMP) {
        int at = target - function.start();
        firstSource[at] = Math.min(firstSource[at], pc);
        lastSource[at] = Math.max(lastSource[at], pc);
        // A cut before slot c parts source and target when the lower is below c, the higher not.
        int cost = target <= pc ? BACKWARD_COST : FORWARD_COST;
        crossing[Math.min(pc, target) + 1 - function.start()] += cost;
        crossing[Math.max(pc, target) + 1 - function.start()] -= cost;
      }
    }
    for (int i = 1; i <= length; i++) {
      crossing[i] += crossing[i - 1];
    }
  }

  /// The chunks of a function; a single one when it stays whole.
  static List<Chunk> of(
      Analysis analysis, Measures measures, Limits limits, Cfg.Function function) {
    return new MethodPlan(analysis, measures, limits, function).chunks();
  }

  private List<Chunk> chunks() {
    List<Chunk> chunks = new ArrayList<>();
    String why = "";
    int from = function.start();
    while (from < function.end()) {
      int to = largest(from);
      String next = to == function.end() ? "" : reason(from, to);
      to = to == function.end() ? to : best(from, to);
      chunks.add(new Chunk(from, to, why, entries(from, to)));
      why = next;
      from = to;
    }
    return chunks;
  }

  /// The largest end that keeps the chunk within the limits; at least one instruction.
  private int largest(int from) {
    int bytes = 0;
    int accesses = 0;
    int to = from;
    while (to < function.end()) {
      bytes += measures.bytes(to);
      accesses += measures.accesses(to);
      if (to > from && (bytes > limits.bytes() || accesses > limits.accesses())) {
        break;
      }
      to = cfg.insns().next(to);
    }
    int over = size(from, to) - limits.bytes();
    while (over > 0 && cfg.insns().next(from) < to) {
      // The body must give up what the surroundings take; these change with it, so look again.
      while (over > 0 && cfg.insns().next(from) < to) {
        to = before(to);
        over -= Math.max(1, measures.bytes(to));
      }
      over = size(from, to) - limits.bytes();
    }
    return to;
  }

  private int before(int pc) {
    int previous = pc - 1;
    return cfg.insns().startsAt(previous) ? previous : previous - 1;
  }

  private String reason(int from, int to) {
    int accesses = 0;
    for (int pc = from; pc < to; pc = cfg.insns().next(pc)) {
      accesses += measures.accesses(pc);
    }
    return accesses + measures.accesses(to) > limits.accesses()
        ? "%d memory accesses before it".formatted(accesses)
        : "%d bytes before it".formatted(size(from, to));
  }

  /// The cheapest cut in the last quarter of `[from, to]`, the latest of equals.
  private int best(int from, int to) {
    int best = to;
    int cost = cost(to);
    for (int pc = to; pc > to - (to - from) / 4 && pc > from; pc = before(pc)) {
      if (cost(pc) < cost && size(from, pc) <= limits.bytes()) {
        best = pc;
        cost = cost(pc);
      }
    }
    return best;
  }

  private int cost(int pc) {
    return Long.bitCount(analysis.live().before(pc)) + crossing[pc - function.start()];
  }

  /// The slots of `[from, to)` that control comes to from outside.
  private List<Integer> entries(int from, int to) {
    List<Integer> entries = new ArrayList<>();
    for (int pc = from; pc < to; pc = cfg.insns().next(pc)) {
      int at = pc - function.start();
      boolean jumpedTo = lastSource[at] >= 0 && (firstSource[at] < from || lastSource[at] >= to);
      if (analysis.kinds().reaches(pc) && (pc == from || jumpedTo)) {
        entries.add(pc);
      }
    }
    return entries;
  }

  /// An upper bound of the bytes of a chunk as a method.
  private int size(int from, int to) {
    int bytes = 0;
    long used = 0;
    long stored = 0;
    Set<Integer> exits = new HashSet<>();
    for (int pc = from; pc < to; pc = cfg.insns().next(pc)) {
      bytes += measures.bytes(pc);
      used |= measures.used(pc);
      stored |= measures.stored(pc);
      if (analysis.kinds().reaches(pc)) {
        int jump = cfg.jump(pc);
        if (jump != Cfg.NO_JUMP && (jump < from || jump >= to)) {
          exits.add(jump);
        }
        if (cfg.fallsThrough(pc) && cfg.insns().next(pc) >= to) {
          exits.add(cfg.insns().next(pc));
        }
      }
    }
    return bytes
        + Prologue.size(used)
        + 8 * Long.bitCount(stored & Vars.PROGRAM)
        + 6 * exits.size()
        + 4 * entries(from, to).size()
        + 64;
  }
}
