package io.bpf4j.verifier;

/// What a register, or a spilled register, holds: nothing yet, a number, or a pointer. Immutable,
/// so that states share them.
public sealed interface RegState permits NotInit, Scalar, Pointer {
  /// The kernel's name of the type, as its messages print it: `scalar`, `map_value_or_null`.
  String typeName();

  /// The id that ties it to other registers, or 0.
  default int id() {
    return 0;
  }

  /// The reference that must be released, or 0.
  default int refId() {
    return 0;
  }

  /// Whether it is certainly the number 0.
  default boolean isNull() {
    return this instanceof Scalar s && s.range().isConst(0);
  }

  /// Whether it is a pointer that may be 0.
  default boolean mayBeNull() {
    return this instanceof Pointer p && p.nullable();
  }

  /// Whether it is a pointer of this kind, null or not.
  default boolean is(PtrKind kind) {
    return this instanceof Pointer p && p.kind() == kind;
  }
}
