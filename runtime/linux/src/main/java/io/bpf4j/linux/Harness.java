package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The instructions around a bare program that hand it its memory and make visible what it did.
/// BPF_PROG_TEST_RUN shows 32 bits of R0 and nothing of memory; the harness stores what there is to
/// see into the value of an array map.
///
/// ```
///  0         goto start
///  epilogue: r1 = results ll
///            *(u64 *)(r1 + 0) = r0
///            r2 = *(u64 *)(r10 - 8) ...      the frame of the entry function, on request
///            *(u64 *)(r1 + ...) = r2
///            r0 = 0
///            exit
///  start:    *(u64 *)(r10 - 8) = 0 ...       an engine of ours starts with a stack of zeros
///            r1 = memory ll
///            r2 = length
///            the program, each exit of its entry function a jump back to epilogue
/// ```
///
/// Nothing moves inside the program, so its distances need no repair, and the program still is one
/// function at the depth and with the stack it had. A packet load that fails (LD_ABS beyond the
/// packet) and a tail call leave it without passing the epilogue: R0 then shows as 0.
final class Harness {
  /// Bytes of results before those of the stack: R0.
  static final int STACK_AT = 8;

  private static final int SLOT = 8;
  private static final int WIDE_LOAD = 0x18;
  private static final int CALL = 0x85;
  private static final int EXIT = 0x95;
  private static final int GOTO = 0x05;
  private static final int GOTOL = 0x06;
  private static final int PSEUDO_CALL = 1;
  private static final int PSEUDO_FUNC = 4;
  private static final int MAP_IDX_VALUE = 6;
  private static final int EPILOGUE = 1;

  private final int stackBytes;
  private final int memoryBytes;
  private final boolean handsMemory;
  private final Arena arena;
  private MemorySegment code;
  private int slots;

  /// @param stackBytes how much of the entry function's stack to clear before and to show
  ///   afterwards
  /// @param handsMemory whether R1 and R2 are memory and its length; otherwise R1 is the context
  Harness(int stackBytes, int memoryBytes, boolean handsMemory, Arena arena) {
    this.stackBytes = stackBytes;
    this.memoryBytes = memoryBytes;
    this.handsMemory = handsMemory;
    this.arena = arena;
    this.code = arena.allocate(4096L * SLOT, SLOT);
  }

  /// The slot of the program's first instruction.
  int start() {
    return prologue() + stackBytes / SLOT + handingSlots();
  }

  /// Where the epilogue ends.
  private int prologue() {
    return EPILOGUE + 5 + 2 * (stackBytes / SLOT);
  }

  /// The instructions that [#wrap] wrote.
  MemorySegment code() {
    return code;
  }

  /// How many slots [#wrap] wrote.
  int slots() {
    return slots;
  }

  /// Writes the harness around a program. Map `maps` of the program's map list must be its memory
  /// and the next one its results: `maps` is how many the program has itself.
  void wrap(byte[] program, int maps) {
    int start = start();
    int length = program.length / SLOT;
    reserve(start + length);
    slots = 0;
    put(GOTO, 0, 0, prologue() - 1, 0);
    wide(1, maps + 1);
    put(0x7b, 1, 0, 0, 0);
    for (int at = 0; at < stackBytes; at += SLOT) {
      put(0x79, 2, 10, at - stackBytes, 0);
      put(0x7b, 1, 2, STACK_AT + at, 0);
    }
    put(0xb7, 0, 0, 0, 0);
    put(EXIT, 0, 0, 0, 0);
    for (int at = 0; at < stackBytes; at += SLOT) {
      put(0x7a, 10, 0, at - stackBytes, 0);
    }
    if (handsMemory) {
      if (memoryBytes == 0) {
        put(0xb7, 1, 0, 0, 0);
      } else {
        wide(1, maps);
      }
      put(0xb7, 2, 0, 0, memoryBytes);
    }
    MemorySegment.copy(program, 0, code, JAVA_BYTE, (long) start * SLOT, program.length);
    slots += length;
    redirectExits(program, start);
  }

  private int handingSlots() {
    return !handsMemory ? 0 : memoryBytes == 0 ? 2 : 3;
  }

  /// Turns the exits of the entry function into jumps to the epilogue. The entry function ends
  /// where the first function begins that anything refers to.
  private void redirectExits(byte[] program, int start) {
    int end = entryEnd(program);
    for (int pc = 0; pc < end; pc++) {
      int opcode = program[pc * SLOT] & 0xff;
      if (opcode == EXIT) {
        int distance = EPILOGUE - (start + pc) - 1;
        boolean near = distance >= Short.MIN_VALUE;
        set(start + pc, near ? GOTO : GOTOL, 0, 0, near ? distance : 0, near ? 0 : distance);
      } else if (opcode == WIDE_LOAD) {
        pc++;
      }
    }
  }

  private static int entryEnd(byte[] program) {
    int length = program.length / SLOT;
    int end = length;
    for (int pc = 0; pc < length; pc++) {
      int opcode = program[pc * SLOT] & 0xff;
      int source = program[pc * SLOT + 1] >> 4 & 0xf;
      if ((opcode == CALL && source == PSEUDO_CALL)
          || (opcode == WIDE_LOAD && source == PSEUDO_FUNC)) {
        int target = pc + 1 + imm(program, pc);
        end = target > 0 ? Math.min(end, target) : end;
      }
      pc += opcode == WIDE_LOAD ? 1 : 0;
    }
    return end;
  }

  private static int imm(byte[] program, int pc) {
    int at = pc * SLOT + 4;
    return (program[at] & 0xff)
        | ((program[at + 1] & 0xff) << 8)
        | ((program[at + 2] & 0xff) << 16)
        | (program[at + 3] << 24);
  }

  private void reserve(int wanted) {
    if (code.byteSize() < (long) wanted * SLOT) {
      code = arena.allocate(Long.highestOneBit(wanted) * 2 * SLOT, SLOT);
    }
  }

  private void wide(int dst, int map) {
    put(WIDE_LOAD, dst, MAP_IDX_VALUE, 0, map);
    put(0, 0, 0, 0, 0);
  }

  private void put(int opcode, int dst, int src, int offset, int imm) {
    set(slots++, opcode, dst, src, offset, imm);
  }

  private void set(int slot, int opcode, int dst, int src, int offset, int imm) {
    code.set(
        JAVA_LONG_UNALIGNED,
        (long) slot * SLOT,
        opcode | dst << 8 | src << 12 | (offset & 0xffffL) << 16 | (long) imm << 32);
  }
}
