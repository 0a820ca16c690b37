package io.bpf4j.verifier;

import org.jspecify.annotations.Nullable;

/// How a path came to an instruction: a stack of records, newest first, shared between paths.
/// [Precision] reads it backwards.
///
/// @param earlier the record before
/// @param count how many records this one and the earlier are
/// @param pc the instruction
/// @param previous the instruction before it on the path
/// @param access the stack slot it filled from or spilled to, packed by [#access], or 0
/// @param srcStack the source register of a comparison was a stack pointer
/// @param dstStack the destination register was one
/// @param linked registers that gained range together: packed by [#link], empty when none
record History(
    @Nullable History earlier,
    int count,
    int pc,
    int previous,
    int access,
    boolean srcStack,
    boolean dstStack,
    int[] linked) {
  static final int[] NONE = {};

  private static final int ACCESS = 1 << 31;
  private static final int IS_REG = 1 << 30;

  static History on(@Nullable History earlier, int pc, int previous) {
    int count = earlier == null ? 1 : earlier.count + 1;
    return new History(earlier, count, pc, previous, 0, false, false, NONE);
  }

  static int access(int frame, int slot) {
    return ACCESS | frame << 8 | slot;
  }

  static int frameOf(int packed) {
    return packed >> 8 & 0xff;
  }

  static int indexOf(int packed) {
    return packed & 0xff;
  }

  static int link(int frame, int index, boolean isReg) {
    return (isReg ? IS_REG : 0) | frame << 8 | index;
  }

  static boolean isReg(int packed) {
    return (packed & IS_REG) != 0;
  }

  History with(int moreAccess, boolean moreSrc, boolean moreDst, int[] moreLinked) {
    return new History(
        earlier,
        count,
        pc,
        previous,
        access | moreAccess,
        srcStack || moreSrc,
        dstStack || moreDst,
        linked.length == 0 ? moreLinked : linked);
  }
}
