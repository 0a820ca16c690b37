package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.Arrays;

/// A function's call: its registers and its stack. Mutable, owned by one [State].
final class Frame {
  /// The call site of an entry function.
  static final int ENTRY = -1;

  /// Bytes of a function's stack at most.
  static final int MAX_STACK = 512;

  final RegState[] regs;

  /// Slot i covers the bytes from `-8(i+1)` to `-8i-1` below the frame pointer; as many slots as
  /// were touched.
  StackSlot[] stack;

  final int callsite;
  final int depth;
  final int subprog;

  /// What a callback may return, and whether this is one.
  boolean inCallback;

  boolean inAsyncCallback;
  long minReturn;
  long maxReturn;

  /// How often the callback of the call this frame is at has run.
  int callbackDepth;

  int asyncEntries;

  private Frame(RegState[] regs, StackSlot[] stack, int callsite, int depth, int subprog) {
    this.regs = regs;
    this.stack = stack;
    this.callsite = callsite;
    this.depth = depth;
    this.subprog = subprog;
  }

  static Frame enter(int callsite, int depth, int subprog) {
    RegState[] regs = new RegState[Reg.values().length];
    Arrays.fill(regs, NotInit.NOT_INIT);
    regs[Reg.FP.ordinal()] = Pointer.toStack(depth);
    return new Frame(regs, new StackSlot[0], callsite, depth, subprog);
  }

  Frame copy() {
    Frame copy = new Frame(regs.clone(), stack.clone(), callsite, depth, subprog);
    copy.inCallback = inCallback;
    copy.inAsyncCallback = inAsyncCallback;
    copy.minReturn = minReturn;
    copy.maxReturn = maxReturn;
    copy.callbackDepth = callbackDepth;
    copy.asyncEntries = asyncEntries;
    return copy;
  }

  RegState reg(Reg reg) {
    return regs[reg.ordinal()];
  }

  void set(Reg reg, RegState state) {
    regs[reg.ordinal()] = state;
  }

  /// Makes the stack at least this large.
  void grow(int bytes) {
    int slots = (bytes + StackSlot.BYTES - 1) / StackSlot.BYTES;
    if (slots > stack.length) {
      int old = stack.length;
      stack = Arrays.copyOf(stack, slots);
      Arrays.fill(stack, old, slots, StackSlot.EMPTY);
    }
  }

  /// The type of the byte at `off`, which is negative.
  int byteType(int off) {
    int slot = -off - 1;
    return stack[slot / StackSlot.BYTES].type(slot % StackSlot.BYTES);
  }

  void setByteType(int off, int type) {
    int slot = -off - 1;
    int index = slot / StackSlot.BYTES;
    stack[index] = stack[index].withType(slot % StackSlot.BYTES, type);
  }

  /// The slot index of an offset.
  static int slotOf(int off) {
    return (-off - 1) / StackSlot.BYTES;
  }
}
