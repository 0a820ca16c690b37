package io.bpf4j.verifier;

import org.jspecify.annotations.Nullable;

/// A pointer: what it points to, and how far from its start. What does not apply to its kind is 0.
///
/// @param kind what it points to
/// @param flags [#NULLABLE], [#READ_ONLY], [#RINGBUF]
/// @param off the constant part of the distance from the start
/// @param var the variable part
/// @param id ties copies together: for null checks, and for packet pointers with the same variable
///   part; or 0
/// @param refId the reference it holds, or 0
/// @param frame for the stack, whose: the call depth of the function
/// @param reach for packets, how many bytes from the start (after the variable part) are known to
///   be there; or [#AT_END], [#BEYOND_END]
/// @param map the map of a map pointer, value or key
/// @param mapUid which inner map, for maps that came out of a map of maps
/// @param size bytes of a memory area
/// @param subprog for functions, which
public record Pointer(
    PtrKind kind,
    int flags,
    int off,
    Range var,
    int id,
    int refId,
    int frame,
    int reach,
    @Nullable MapDef map,
    int mapUid,
    long size,
    int subprog)
    implements RegState {
  static final int NULLABLE = 1;
  static final int READ_ONLY = 2;
  static final int RINGBUF = 4;

  /// At least the packet's end.
  static final int AT_END = -1;

  /// At least one byte beyond the packet's end.
  static final int BEYOND_END = -2;

  static Pointer to(PtrKind kind) {
    return new Pointer(kind, 0, 0, Range.constant(0), 0, 0, 0, 0, null, 0, 0, 0);
  }

  static Pointer toMap(PtrKind kind, MapDef map) {
    return new Pointer(kind, 0, 0, Range.constant(0), 0, 0, 0, 0, map, 0, 0, 0);
  }

  static Pointer toStack(int frame) {
    return new Pointer(PtrKind.STACK, 0, 0, Range.constant(0), 0, 0, frame, 0, null, 0, 0, 0);
  }

  static Pointer toMem(long size, int flags) {
    return new Pointer(PtrKind.MEM, flags, 0, Range.constant(0), 0, 0, 0, 0, null, 0, size, 0);
  }

  static Pointer toFunc(int subprog) {
    return new Pointer(PtrKind.FUNC, 0, 0, Range.constant(0), 0, 0, 0, 0, null, 0, 0, subprog);
  }

  public boolean nullable() {
    return (flags & NULLABLE) != 0;
  }

  boolean readOnly() {
    return (flags & READ_ONLY) != 0;
  }

  boolean ringbuf() {
    return (flags & RINGBUF) != 0;
  }

  /// The map it belongs to.
  MapDef mapDef() {
    if (map == null) {
      throw new IllegalStateException(typeName() + " has no map");
    }
    return map;
  }

  Pointer withFlags(int other) {
    return new Pointer(kind, other, off, var, id, refId, frame, reach, map, mapUid, size, subprog);
  }

  Pointer withId(int other) {
    return new Pointer(
        kind, flags, off, var, other, refId, frame, reach, map, mapUid, size, subprog);
  }

  Pointer withRef(int otherId, int otherRef) {
    return new Pointer(
        kind, flags, off, var, otherId, otherRef, frame, reach, map, mapUid, size, subprog);
  }

  Pointer withReach(int other) {
    return new Pointer(kind, flags, off, var, id, refId, frame, other, map, mapUid, size, subprog);
  }

  Pointer moved(int otherOff, Range otherVar, int otherId, int otherReach) {
    return new Pointer(
        kind,
        flags,
        otherOff,
        otherVar,
        otherId,
        refId,
        frame,
        otherReach,
        map,
        mapUid,
        size,
        subprog);
  }

  Pointer withUid(int uid) {
    return new Pointer(kind, flags, off, var, id, refId, frame, reach, map, uid, size, subprog);
  }

  /// What it is once it was found not to be null: a value of a map of maps is a map, one of a
  /// socket map a socket (kernel/bpf/verifier.c, mark_ptr_not_null_reg).
  Pointer notNull() {
    if (kind == PtrKind.MAP_VALUE && map != null) {
      MapDef inner = map.inner();
      if (inner != null) {
        int uid = inner.holdsAny(MapDef.FieldKind.TIMER) ? id : mapUid;
        return new Pointer(
            PtrKind.MAP, 0, off, var, id, refId, frame, reach, inner, uid, size, subprog);
      }
      PtrKind other = map.valueKind();
      if (other != PtrKind.MAP_VALUE) {
        return new Pointer(other, 0, off, var, id, refId, frame, reach, map, mapUid, size, subprog);
      }
    }
    return withFlags(flags & ~NULLABLE);
  }

  /// Whether everything but ids and frame is the same. Maps are compared by identity: two maps of
  /// one shape are two maps.
  @SuppressWarnings("ReferenceEquality")
  boolean sameBut(Pointer other) {
    return this == other
        || (kind == other.kind
            && flags == other.flags
            && off == other.off
            && reach == other.reach
            && map == other.map
            && mapUid == other.mapUid
            && size == other.size
            && subprog == other.subprog
            && var.equals(other.var));
  }

  @Override
  public String typeName() {
    String prefix = (readOnly() ? "rdonly_" : "") + (ringbuf() ? "ringbuf_" : "");
    return prefix + kind.spelling() + (nullable() ? "_or_null" : "");
  }
}
