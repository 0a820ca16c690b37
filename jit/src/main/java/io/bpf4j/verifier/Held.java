package io.bpf4j.verifier;

import org.jspecify.annotations.Nullable;

/// Something a path holds and must give back: a reference, or a lock.
///
/// @param kind what it is
/// @param id the reference's id, or the id of the value whose lock it is
/// @param pc where it was acquired
/// @param map the map of the locked value, or null
record Held(Kind kind, int id, int pc, @Nullable MapDef map) {
  enum Kind {
    REFERENCE,
    LOCK
  }
}
