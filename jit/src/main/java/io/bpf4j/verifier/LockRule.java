package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;

/// bpf_spin_lock and bpf_spin_unlock: one lock at a time, in the value it was taken in
/// (kernel/bpf/verifier.c, process_spin_lock).
final class LockRule {
  private final Walk walk;

  LockRule(Walk walk) {
    this.walk = walk;
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  void apply(Pointer p, Reg reg, boolean lock) {
    MapDef map = p.mapDef();
    int off = map.offsetOf(MapDef.FieldKind.SPIN_LOCK);
    if (!p.var().isConst()) {
      throw Refusal.invalid(
          Reason.LOCK,
          "R%d doesn't have constant offset. bpf_spin_lock has to be at the constant offset"
              .formatted(reg.ordinal()));
    }
    if (off < 0) {
      throw new Beyond("a lock in map '" + map.name() + "', whose fields are not known");
    }
    long at = p.var().value() + p.off();
    if (off != at) {
      throw Refusal.invalid(
          Reason.LOCK,
          "off %d doesn't point to 'struct bpf_spin_lock' that is at %d".formatted(at, off));
    }
    if (lock) {
      if (walk.state.holdsLock()) {
        throw Refusal.invalid(Reason.LOCK, "Locking two bpf_spin_locks are not allowed");
      }
      walk.state.acquire(new Held(Held.Kind.LOCK, p.id(), walk.state.pc, map));
      return;
    }
    Held held = walk.state.lock();
    if (held == null) {
      throw Refusal.invalid(Reason.LOCK, "bpf_spin_unlock without taking a lock");
    }
    if (held.id() != p.id() || held.map() != map) {
      throw Refusal.invalid(Reason.LOCK, "bpf_spin_unlock of different lock");
    }
    walk.state.releaseLock(held);
  }
}
