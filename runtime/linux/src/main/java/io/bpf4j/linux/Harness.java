package io.bpf4j.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The instructions around bare programs that hand them their memory and make visible what they
/// did. BPF_PROG_TEST_RUN shows 32 bits of R0 and nothing of memory; the harness stores what there
/// is to see into the value of an array map. Several programs stand one behind the other and run in
/// turn, since loading costs far more than verifying or running a few dozen instructions.
///
/// ```
/// enter:    goto start
/// epilogue: r1 = results ll
///           *(u64 *)(r1 + 0) = r0
///           r2 = *(u64 *)(r10 - 8) ...       the frame of the entry function, on request
///           *(u64 *)(r1 + ...) = r2
///           goto enter of the next program   after the last one: r0 = 0, exit
/// start:    *(u64 *)(r10 - 8) = 0 ...        an engine of ours starts with a stack of zeros
///           r1 = memory ll
///           r2 = length
///           the program's entry function, each exit a jump back to epilogue
///             ... the next programs ...
///           the other functions of all programs
/// ```
///
/// Nothing moves inside a function, so only calls from one into another need a new distance, and
/// indices of maps their place in the common list. A program keeps the depth of calls and the stack
/// that it has alone. What ends the whole run at once passes no epilogue: a packet load beyond the
/// packet, a tail call. R0 then shows as what it was before, and the programs behind do not run.
final class Harness {
  /// Bytes of a program's results: R0 and the stack.
  static final int R0_BYTES = 8;

  private final int stackSlots;
  private final int memoryBytes;
  private final boolean handsMemory;
  private final List<Tail> tails = new ArrayList<>();
  private long[] code = new long[1024];
  private int size;

  /// A program whose other functions are still to be written.
  ///
  /// @param entryAt where its entry function stands
  /// @param firstMap where its maps stand in the common list
  private record Tail(BareProgram program, int entryAt, int firstMap) {
    int moved() {
      return program.slots().length - program.entryEnd();
    }
  }

  /// @param stackBytes how much of the entry function's stack to clear before and to show
  ///   afterwards
  /// @param memoryBytes what R2 is
  /// @param handsMemory whether R1 and R2 are memory and its length; otherwise R1 is the context
  Harness(int stackBytes, int memoryBytes, boolean handsMemory) {
    this.stackSlots = stackBytes / Long.BYTES;
    this.memoryBytes = memoryBytes;
    this.handsMemory = handsMemory;
  }

  /// Slots between a program's `enter` and its first instruction.
  int start() {
    int handing = memoryBytes == 0 ? 2 : 3;
    return epilogueEnd() + stackSlots + (handsMemory ? handing : 0);
  }

  private int epilogueEnd() {
    return 5 + 2 * stackSlots;
  }

  void clear() {
    size = 0;
    tails.clear();
  }

  /// Adds a program that [BareProgram#objection] has nothing against. Maps are given by their
  /// indices in the common list.
  ///
  /// @param memoryMap the array whose value is its memory
  /// @param resultsMap the array to store into
  /// @param resultsAt where in its value
  /// @param firstMap where its own maps begin
  void add(BareProgram program, int memoryMap, int resultsMap, int resultsAt, int firstMap) {
    int enter = size;
    int entryAt = enter + start();
    put(RawInsn.jump(epilogueEnd() - 1));
    int epilogue = size;
    mapValue(1, resultsMap, resultsAt);
    put(RawInsn.STORE, 1, 0, 0, 0);
    for (int slot = 0; slot < stackSlots; slot++) {
      put(RawInsn.LOAD, 2, 10, (slot - stackSlots) * Long.BYTES, 0);
      put(RawInsn.STORE, 1, 2, R0_BYTES + slot * Long.BYTES, 0);
    }
    jumpTo(entryAt + program.entryEnd());
    for (int slot = 0; slot < stackSlots; slot++) {
      put(RawInsn.STORE_IMM, 10, 0, (slot - stackSlots) * Long.BYTES, 0);
    }
    hand(memoryMap);
    for (int pc = 0; pc < program.entryEnd(); pc++) {
      long insn = program.slots()[pc];
      if (insn == RawInsn.EXIT) {
        jumpTo(epilogue);
      } else {
        put(insn);
        if (RawInsn.isWide(insn)) {
          put(program.slots()[++pc]);
        }
      }
    }
    tails.add(new Tail(program, entryAt, firstMap));
  }

  private void hand(int memoryMap) {
    if (handsMemory) {
      if (memoryBytes == 0) {
        put(RawInsn.MOV_IMM, 1, 0, 0, 0);
      } else {
        mapValue(1, memoryMap, 0);
      }
      put(RawInsn.MOV_IMM, 2, 0, 0, memoryBytes);
    }
  }

  /// Writes what stands behind the entry functions, and gives all slots.
  long[] finish() {
    put(RawInsn.MOV_IMM, 0, 0, 0, 0);
    put(RawInsn.EXIT);
    for (Tail tail : tails) {
      int tailAt = size;
      BareProgram program = tail.program();
      for (int i = 0; i < tail.moved(); i++) {
        put(program.slots()[program.entryEnd() + i]);
      }
      relocate(tail, tailAt);
    }
    return Arrays.copyOf(code, size);
  }

  /// Mends distances between functions and indices of maps.
  private void relocate(Tail tail, int tailAt) {
    long[] slots = tail.program().slots();
    int end = tail.program().entryEnd();
    for (int pc = 0; pc < slots.length; pc += RawInsn.isWide(slots[pc]) ? 2 : 1) {
      int at = pc < end ? tail.entryAt() + pc : tailAt + pc - end;
      int imm = RawInsn.imm(slots[pc]);
      if (RawInsn.refersToMap(slots[pc])) {
        code[at] = RawInsn.withImm(code[at], imm + tail.firstMap());
      } else if (RawInsn.refersToFunction(slots[pc])) {
        int target = tailAt + pc + 1 + imm - end;
        code[at] = RawInsn.withImm(code[at], target - at - 1);
      }
    }
  }

  private void mapValue(int dst, int map, int offset) {
    put(RawInsn.WIDE_LOAD, dst, RawInsn.PSEUDO_MAP_IDX_VALUE, 0, map);
    put(0, 0, 0, 0, offset);
  }

  private void jumpTo(int target) {
    put(RawInsn.jump(target - size - 1));
  }

  private void put(int opcode, int dst, int src, int offset, int imm) {
    put(RawInsn.of(opcode, dst, src, offset, imm));
  }

  private void put(long insn) {
    if (size == code.length) {
      code = Arrays.copyOf(code, 2 * size);
    }
    code[size++] = insn;
  }
}
