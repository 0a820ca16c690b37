package io.bpf4j.verifier;

/// Eight bytes of a stack frame: what each byte is, and the register spilled there if one is.
///
/// Bytes are counted from the top: byte 0 has the highest address, as offsets below the frame
/// pointer count (`(-off - 1) % 8`). A register spilled in fewer than 8 bytes fills bytes 7
/// downward.
///
/// @param types one of the codes below a byte; byte i in bits 8i
/// @param spilled the register, or NOT_INIT
record StackSlot(long types, RegState spilled) {
  static final int INVALID = 0;
  static final int SPILL = 1;
  static final int MISC = 2;
  static final int ZERO = 3;
  static final int BYTES = 8;

  /// Never written.
  static final StackSlot EMPTY = new StackSlot(0, NotInit.NOT_INIT);

  private static final long EACH = 0x0101_0101_0101_0101L;

  int type(int index) {
    return (int) (types >>> (8 * index)) & 0xff;
  }

  StackSlot withType(int index, int type) {
    long cleared = types & ~(0xffL << (8 * index));
    return new StackSlot(cleared | ((long) type << (8 * index)), spilled);
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  StackSlot withSpilled(RegState other) {
    return other == spilled ? this : new StackSlot(types, other);
  }

  /// A register spilled into the `size` lowest bytes; the others keep what they were, or become
  /// MISC.
  StackSlot spill(RegState reg, int size) {
    StackSlot result = new StackSlot(types, reg);
    for (int i = BYTES - 1; i >= 0; i--) {
      if (i >= BYTES - size) {
        result = result.withType(i, SPILL);
      } else {
        // Unwritten bytes stay readable rubbish, zeroes stay zeroes.
        int was = result.type(i);
        result = result.withType(i, was == ZERO || was == INVALID ? was : MISC);
      }
    }
    return result;
  }

  boolean isSpilled() {
    return type(BYTES - 1) == SPILL;
  }

  boolean isSpilledScalar() {
    return isSpilled() && spilled instanceof Scalar;
  }

  /// A number spilled over all 8 bytes.
  boolean isSpilledScalar64() {
    return type(0) == SPILL && spilled instanceof Scalar;
  }

  /// Nothing known of any byte.
  boolean isRubbish() {
    for (int i = 0; i < BYTES; i++) {
      int type = type(i);
      if (type != MISC && type != INVALID) {
        return false;
      }
    }
    return true;
  }

  /// What remains when a spilled register is overwritten in part: every byte that was written
  /// becomes MISC.
  StackSlot scrubbed() {
    StackSlot result = new StackSlot(types, NotInit.NOT_INIT);
    for (int i = 0; i < BYTES; i++) {
      if (type(i) != INVALID) {
        result = result.withType(i, MISC);
      }
    }
    return result;
  }

  static StackSlot all(int type) {
    return new StackSlot(EACH * type, NotInit.NOT_INIT);
  }
}
