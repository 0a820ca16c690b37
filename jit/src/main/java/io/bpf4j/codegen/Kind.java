package io.bpf4j.codegen;

import org.jspecify.annotations.Nullable;

/// What is known of a register's value at an instruction. The exact kinds are facts, and accesses
/// through them need fewer tests or none; the `NEAR` kinds are guesses that only say which test to
/// try first.
///
/// ```
///                         ANY
///      NEAR_MEM   NEAR_STACK   NEAR_VALUE(map)
///                        NUMBER
///   CONST(v)  FP+v  CTX+v  MAP(map)  VALUE(map)+v  DIRECT(map)+v
/// ```
///
/// A join goes up until both sides fit. One of its cases is worth a line: a value pointer may be
/// null, so the constant 0 fits below `VALUE(map)+0`.
///
/// @param map index of the map, for the kinds that have one
/// @param value the constant, or the distance from the pointer
record Kind(Tag tag, int map, long value) {
  /// The kinds.
  enum Tag {
    /// Exactly `value`.
    CONST,
    /// The function's frame pointer plus `value`.
    FP,
    /// The context's address plus `value`.
    CTX,
    /// The opaque pointer of a map.
    MAP,
    /// A null pointer or the start of one of the map's values, plus `value`.
    VALUE,
    /// The map's directly addressed value, plus `value`; never null.
    DIRECT,
    /// Anything, and no guess.
    NUMBER,
    /// Perhaps inside the run's memory.
    NEAR_MEM,
    /// Perhaps on the stack.
    NEAR_STACK,
    /// Perhaps inside the map's values.
    NEAR_VALUE,
    /// Anything, and conflicting guesses.
    ANY
  }

  static final Kind NUMBER = new Kind(Tag.NUMBER, -1, 0);
  static final Kind ANY = new Kind(Tag.ANY, -1, 0);
  static final Kind NEAR_MEM = new Kind(Tag.NEAR_MEM, -1, 0);
  static final Kind NEAR_STACK = new Kind(Tag.NEAR_STACK, -1, 0);
  static final Kind ZERO = constant(0);
  static final Kind CTX = new Kind(Tag.CTX, -1, 0);
  static final Kind FP = new Kind(Tag.FP, -1, 0);

  /// Beyond this distance a pointer is no longer followed: sums of offsets must not overflow.
  private static final long FAR = 1L << 30;

  static Kind constant(long value) {
    return new Kind(Tag.CONST, -1, value);
  }

  static Kind map(int index) {
    return new Kind(Tag.MAP, index, 0);
  }

  static Kind value(int map) {
    return new Kind(Tag.VALUE, map, 0);
  }

  static Kind direct(int map, long offset) {
    return new Kind(Tag.DIRECT, map, offset);
  }

  boolean is(Tag tag) {
    return this.tag == tag;
  }

  /// Whether it is an address on the stack or next to it: the context lies right above the stack.
  boolean tellsStack() {
    return tag == Tag.FP || tag == Tag.CTX || tag == Tag.NEAR_STACK;
  }

  /// The guess that remains when the exact value is lost.
  Kind near() {
    return switch (tag) {
      case FP, NEAR_STACK -> NEAR_STACK;
      case VALUE, DIRECT, NEAR_VALUE -> new Kind(Tag.NEAR_VALUE, map, 0);
      case NEAR_MEM, ANY -> this;
      case CONST, CTX, MAP, NUMBER -> NUMBER;
    };
  }

  Kind join(Kind other) {
    if (equals(other)) {
      return this;
    }
    if (equals(ZERO) && other.tag == Tag.VALUE && other.value == 0) {
      return other;
    }
    if (other.equals(ZERO) && tag == Tag.VALUE && value == 0) {
      return this;
    }
    Kind a = near();
    Kind b = other.near();
    if (a.equals(b) || b.tag == Tag.NUMBER) {
      return a;
    }
    return a.tag == Tag.NUMBER ? b : ANY;
  }

  /// The sum with a constant.
  Kind plus(long delta) {
    return switch (tag) {
      case CONST -> constant(value + delta);
      case FP, CTX, VALUE, DIRECT -> {
        long sum = value + delta;
        boolean close = delta > -FAR && delta < FAR && sum > -FAR && sum < FAR;
        yield close ? new Kind(tag, map, sum) : near();
      }
      case MAP -> NUMBER;
      case NUMBER, NEAR_MEM, NEAR_STACK, NEAR_VALUE, ANY -> this;
    };
  }

  /// The sum with another value, or with its negation.
  Kind plus(Kind other, boolean negated) {
    if (other.tag == Tag.CONST) {
      return plus(negated ? -other.value : other.value);
    }
    if (tag == Tag.CONST && !negated) {
      return other.plus(value);
    }
    Kind b = other.near();
    if (negated) {
      return b.tag == Tag.NUMBER ? near() : NUMBER;
    }
    Kind a = near();
    return b.tag == Tag.NUMBER ? a : a.tag == Tag.NUMBER ? b : ANY;
  }

  /// Joins two states in place; says whether the first one changed.
  static boolean joinInto(@Nullable Kind[] into, Kind[] from) {
    boolean changed = false;
    for (int i = 0; i < into.length; i++) {
      Kind old = into[i];
      Kind joined = old == null ? from[i] : old.join(from[i]);
      if (!joined.equals(old)) {
        into[i] = joined;
        changed = true;
      }
    }
    return changed;
  }
}
