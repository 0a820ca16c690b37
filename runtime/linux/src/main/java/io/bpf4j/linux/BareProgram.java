package io.bpf4j.linux;

import org.jspecify.annotations.Nullable;

/// A program without a type, cut where its entry function ends: at the first function that anything
/// refers to.
///
/// @param slots the instructions
/// @param entryEnd the first slot behind the entry function
record BareProgram(long[] slots, int entryEnd) {
  static BareProgram of(byte[] insns) {
    long[] slots = RawInsn.slots(insns);
    int end = slots.length;
    for (int pc = 0; pc < slots.length; pc += RawInsn.isWide(slots[pc]) ? 2 : 1) {
      if (RawInsn.refersToFunction(slots[pc])) {
        int target = pc + 1 + RawInsn.imm(slots[pc]);
        end = target > 0 ? Math.min(end, target) : end;
      }
    }
    return new BareProgram(slots, end);
  }

  /// Why it cannot stand next to other code, or null: it would run or jump into that. The kernel
  /// refuses such programs when they stand alone.
  @Nullable String objection() {
    int pc = 0;
    int last = -1;
    for (; pc < slots.length; pc += RawInsn.isWide(slots[pc]) ? 2 : 1) {
      boolean inEntry = pc < entryEnd;
      if (RawInsn.jumps(slots[pc])) {
        long target = (long) pc + 1 + RawInsn.distance(slots[pc]);
        if (inEntry
            ? target < 0 || target >= entryEnd
            : target < entryEnd || target >= slots.length) {
          return "the jump of insn " + pc + " leaves its function";
        }
      } else if (RawInsn.refersToFunction(slots[pc])) {
        long target = (long) pc + 1 + RawInsn.imm(slots[pc]);
        if (target <= 0 || target >= slots.length) {
          return "insn " + pc + " refers to no function";
        }
      }
      last = inEntry ? pc : last;
    }
    if (pc > slots.length) {
      return "the second half of the last insn is missing";
    }
    return last >= 0 && last == entryEnd - 1 && RawInsn.ends(slots[last])
        ? null
        : "its entry function does not end with exit or a jump";
  }
}
