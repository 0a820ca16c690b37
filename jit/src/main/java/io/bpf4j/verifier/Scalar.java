package io.bpf4j.verifier;

/// A number.
///
/// Numbers with the same id are the same value, so that a comparison of one narrows all (`r2 = r1;
/// if r1 > 8 goto`). With a flag in the id, the number is the others plus `off`.
///
/// @param range what is known of it
/// @param id ties it to its copies, or 0
/// @param off the distance from the others with its id
/// @param precise whether a state must agree in its range to be covered ([Precision])
public record Scalar(Range range, int id, int off, boolean precise) implements RegState {
  /// Any number.
  public static final Scalar UNKNOWN = new Scalar(Range.UNKNOWN, 0, 0, false);

  /// The flag in an id of a number that is its fellows plus a constant, added at 64 bits.
  static final int ADD_CONST64 = 1 << 31;

  /// The same, added at 32 bits and zero-extended; the fellows have no upper half.
  static final int ADD_CONST32 = 1 << 30;

  static final int ADD_CONST = ADD_CONST64 | ADD_CONST32;

  private static final Scalar ZERO = new Scalar(Range.constant(0), 0, 0, false);

  static Scalar constant(long number) {
    return number == 0 ? ZERO : new Scalar(Range.constant(number), 0, 0, false);
  }

  static Scalar of(Range range) {
    return new Scalar(range, 0, 0, false);
  }

  Scalar withRange(Range other) {
    return new Scalar(other, id, off, precise);
  }

  Scalar withId(int newId) {
    return newId == id ? this : new Scalar(range, newId, off, precise);
  }

  Scalar withoutId() {
    return id == 0 && off == 0 ? this : new Scalar(range, 0, 0, precise);
  }

  Scalar withPrecise(boolean mark) {
    return precise == mark ? this : new Scalar(range, id, off, mark);
  }

  /// The id without its flag.
  int link() {
    return id & ~ADD_CONST;
  }

  @Override
  public String typeName() {
    return "scalar";
  }
}
