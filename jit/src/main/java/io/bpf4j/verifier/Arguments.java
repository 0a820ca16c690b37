package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;
import org.jspecify.annotations.Nullable;

/// Whether a helper may be called, and whether its arguments are what its row says
/// (kernel/bpf/verifier.c, check_helper_call and check_func_arg).
final class Arguments {
  private static final long MAX_SIZE = 1L << 29;

  private final Walk walk;
  private final Memory memory;
  private final StackAccess stack;
  private final LockRule locks;
  private CallFacts facts = new CallFacts();

  Arguments(Walk walk, Memory memory) {
    this.walk = walk;
    this.memory = memory;
    this.stack = new StackAccess(walk);
    this.locks = new LockRule(walk);
  }

  CallFacts facts() {
    return facts;
  }

  void callable(int id) {
    facts = new CallFacts();
    if (walk.state.holdsLock() && id != Helpers.SPIN_UNLOCK) {
      throw Refusal.invalid(Reason.LOCK, "function calls are not allowed while holding a lock");
    }
    if (id < 0 || id > Helpers.MAX) {
      throw Refusal.invalid(
          Reason.HELPER, "invalid func %s#%d".formatted(walk.rules.helperName(id), id));
    }
    HelperRule rule = walk.rules.helper(id, walk.subject.type());
    if (rule == null || !walk.prog.mayCall(id)) {
      throw Refusal.invalid(
          Reason.HELPER,
          "program of this type cannot use helper %s#%d".formatted(walk.rules.helperName(id), id));
    }
    if (rule.has(HelperRule.Trait.GPL) && !walk.subject.gplCompatible()) {
      throw Refusal.invalid(
          Reason.HELPER, "cannot call GPL-restricted function from non-GPL compatible program");
    }
    if (rule.has(HelperRule.Trait.SLEEPS)) {
      throw Refusal.invalid(Reason.HELPER, "helper call might sleep in a non-sleepable prog");
    }
    if (rule.isSpecial()) {
      throw new Beyond("helper %s#%d".formatted(rule.name(), id));
    }
  }

  void check(Precondition.Argument argument) {
    Reg reg = argument.reg();
    RegState state = walk.state.reg(reg);
    if (state == NotInit.NOT_INIT) {
      throw Walk.uninitialized(reg);
    }
    if (argument.rule().form() == ArgRule.Form.ANY) {
      return;
    }
    HelperRule helper = helper(argument);
    if (state instanceof Pointer p && p.kind().isPacket() && !packetAllowed(helper)) {
      throw Refusal.access(Reason.ARGUMENT, "helper access to the packet is not allowed");
    }
    ArgRule rule = forMap(argument.rule(), helper);
    if (!(rule.nullable() && state.isNull())) {
      typed(rule, reg, state);
    }
    if (rule.releases()) {
      released(reg, state);
    }
    if (state.refId() != 0) {
      if (facts.refId != 0) {
        throw Refusal.access(
            Reason.REFERENCE,
            "more than one arg with ref_obj_id R%d %d %d"
                .formatted(reg.ordinal(), state.refId(), facts.refId));
      }
      facts.refId = state.refId();
    }
    meaning(rule, helper, argument.index(), reg, state);
  }

  private HelperRule helper(Precondition.Argument argument) {
    HelperRule rule = walk.rules.helper(argument.helper(), walk.subject.type());
    if (rule == null) {
      throw new IllegalStateException("an argument of no helper");
    }
    return rule;
  }

  private boolean packetAllowed(HelperRule helper) {
    return walk.prog.packet != ProgRules.Packet.NONE && helper.has(HelperRule.Trait.PKT);
  }

  /// What a value is depends on the map.
  private ArgRule forMap(ArgRule rule, HelperRule helper) {
    boolean value = rule.form() == ArgRule.Form.VALUE || rule.form() == ArgRule.Form.VALUEOUT;
    MapDef map = facts.map;
    if (!value || map == null) {
      return rule;
    }
    if (MapRules.isSocketMap(map.type())) {
      if (rule.form() != ArgRule.Form.VALUE || rule.nullable()) {
        throw Refusal.invalid(Reason.MAP, "invalid arg_type for sockmap/sockhash");
      }
      return new ArgRule(ArgRule.Form.SOCKCOMMON, false, false, 0, false);
    }
    if (map.type() == MapRules.BLOOM_FILTER && helper.id() == Helpers.MAP_PEEK_ELEM) {
      return new ArgRule(ArgRule.Form.VALUE, false, false, 0, false);
    }
    return rule;
  }

  private void typed(ArgRule rule, Reg reg, RegState state) {
    if (!rule.takes(state)) {
      throw Refusal.access(
          state.mayBeNull() ? Reason.MAYBE_NULL : Reason.ARGUMENT,
          "R%d type=%s expected=%s"
              .formatted(reg.ordinal(), state.typeName(), String.join(", ", rule.expected())));
    }
    if (!(state instanceof Pointer p)) {
      return;
    }
    if (rule.releases() && p.off() != 0) {
      throw Refusal.invalid(
          Reason.REFERENCE,
          "R%d must have zero offset when passed to release func or trusted arg to kfunc"
              .formatted(reg.ordinal()));
    }
    if (rule.releases() || p.nullable() || !p.kind().takesOffsetAsArgument()) {
      memory.unmodified(p, reg);
    }
  }

  private void released(Reg reg, RegState state) {
    if (state.refId() == 0 && !state.isNull()) {
      throw Refusal.invalid(
          Reason.REFERENCE,
          "R%d must be referenced when passed to release function".formatted(reg.ordinal()));
    }
    facts.released = reg;
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  private void meaning(ArgRule rule, HelperRule helper, int index, Reg reg, RegState state) {
    switch (rule.form()) {
      case MAP -> {
        Pointer p = (Pointer) state;
        MapDef before = facts.map;
        if (before != null && (before != p.mapDef() || facts.mapUid != p.mapUid())) {
          throw Refusal.invalid(
              Reason.MAP,
              "timer pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d"
                  .formatted(facts.mapUid, p.mapUid()));
        }
        facts.map = p.mapDef();
        facts.mapUid = p.mapUid();
      }
      case KEY -> {
        MapDef map = map();
        access(reg, state, map.keySize(), false, false, false);
        if (MapRules.alwaysHolds(map.type()) && state instanceof Pointer p) {
          facts.constKey = constantKey(p, map.keySize());
        }
      }
      case VALUE, VALUEOUT -> {
        if (!(rule.nullable() && state.isNull())) {
          boolean raw = rule.form().takesUnwritten();
          access(reg, state, map().valueSize(), rule.form().writes(), false, raw);
        }
      }
      case FIXED, FIXEDOUT, FIXEDRW -> {
        boolean raw = rule.form().takesUnwritten();
        access(reg, state, rule.size(), rule.form().writes(), false, raw);
        if (rule.aligned() && state instanceof Pointer p) {
          memory.aligned(p, 0, rule.size(), true);
        }
      }
      case MEM, IN, OUT, RW -> facts.rawMode = rule.form().takesUnwritten();
      case SIZE, SIZE0 -> size(helper.args().get(index - 1).form(), rule, reg, (Scalar) state);
      case ALLOC -> {
        Scalar s = (Scalar) state;
        if (!s.range().isConst()) {
          throw Refusal.access(
              Reason.ARGUMENT, "R%d is not a known constant'".formatted(reg.ordinal()));
        }
        facts.allocSize = s.range().value();
        walk.markPrecise(reg);
      }
      case FUNC -> facts.subprog = ((Pointer) state).subprog();
      case LOCK -> locks.apply((Pointer) state, reg, helper.id() == Helpers.SPIN_LOCK);
      case STR -> string(reg, (Pointer) state);
      case TIMER -> throw new Beyond("timers");
      case ANY, CTX, SOCK, SOCKCOMMON, FULLSOCK, STACK, RINGBUF, SPECIAL -> {}
    }
  }

  private MapDef map() {
    MapDef map = facts.map;
    if (map == null) {
      throw new IllegalStateException("a row names a key or value before its map");
    }
    return map;
  }

  /// Memory whose size is this argument.
  private void size(ArgRule.Form form, ArgRule rule, Reg reg, Scalar s) {
    Range range = s.range();
    boolean zeroOk = rule.form() == ArgRule.Form.SIZE0;
    facts.maxSize = range.umax();
    if (range.smin() < 0) {
      throw Refusal.access(
          Reason.ARGUMENT,
          "R%d min value is negative, either use unsigned or 'var &= const'"
              .formatted(reg.ordinal()));
    }
    if (range.umin() == 0 && !zeroOk) {
      throw Refusal.access(
          Reason.ARGUMENT,
          "R%d invalid zero-sized read: u64=[%d,%d]"
              .formatted(reg.ordinal(), range.umin(), range.umax()));
    }
    if (!Bounds.uless(range.umax(), MAX_SIZE)) {
      throw Refusal.access(
          Reason.ARGUMENT,
          "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'"
              .formatted(reg.ordinal()));
    }
    Reg base = Reg.of(reg.ordinal() - 1);
    boolean raw = facts.rawMode && range.isConst();
    access(base, walk.state.reg(base), range.umax(), form.writes(), zeroOk, raw);
    walk.markPrecise(reg);
  }

  /// Memory that the helper reads or writes (check_helper_mem_access).
  private void access(
      Reg reg, RegState state, long size, boolean write, boolean zeroOk, boolean raw) {
    PtrKind kind = state instanceof Pointer p && !p.nullable() ? p.kind() : PtrKind.CTX;
    if (!(state instanceof Pointer pointer) || kind == PtrKind.CTX) {
      noMemory(reg, state, size, zeroOk);
      return;
    }
    walk.facts.accessed(walk.state.pc, pointer);
    switch (kind) {
      case PACKET, PACKET_META -> memory.packet(pointer, reg, pointer.off(), size, zeroOk);
      case MAP_KEY -> {
        if (write) {
          throw Memory.cannotWrite(pointer, reg);
        }
        memory.region(pointer, reg, pointer.off(), size, pointer.mapDef().keySize(), false);
      }
      case MAP_VALUE -> {
        memory.mapPermission(pointer, pointer.off(), size, write);
        memory.mapValue(pointer, reg, pointer.off(), size, zeroOk);
      }
      case MEM -> {
        if (write && pointer.readOnly()) {
          throw Memory.cannotWrite(pointer, reg);
        }
        memory.region(pointer, reg, pointer.off(), size, pointer.size(), zeroOk);
      }
      case STACK -> stackMemory(pointer, reg, size, write, zeroOk, raw);
      default -> noMemory(reg, state, size, zeroOk);
    }
  }

  private static void noMemory(Reg reg, RegState state, long size, boolean zeroOk) {
    if (zeroOk && size == 0 && state.isNull()) {
      return;
    }
    throw Refusal.access(
        Reason.ARGUMENT, "R%d type=%s expected=fp".formatted(reg.ordinal(), state.typeName()));
  }

  private void stackMemory(
      Pointer p, Reg reg, long size, boolean write, boolean zeroOk, boolean raw) {
    if (size == 0 && !zeroOk) {
      throw Refusal.access(Reason.ARGUMENT, "invalid zero-sized read");
    }
    memory.stackBounds(p, reg, p.off(), size, write);
    if (write && !raw) {
      // Of what the helper may leave as it is, the old bytes are seen afterwards.
      memory.stackBounds(p, reg, p.off(), size, false);
    }
    if (raw && p.var().isConst()) {
      facts.output = p;
      facts.outputSize = size;
    } else {
      stack.helperRange(p, size, write);
    }
  }

  /// The key on the stack when it is a constant, or -1 (get_constant_map_key).
  private long constantKey(Pointer p, int keySize) {
    if (p.kind() != PtrKind.STACK || !p.var().isConst()) {
      return -1;
    }
    int off = p.off() + (int) p.var().value();
    Frame frame = walk.state.frameOf(p);
    int index = Frame.slotOf(off);
    StackSlot slot = frame.stack[index];
    int from = (-off - 1) % StackSlot.BYTES;
    if (run(slot, from, StackSlot.ZERO) >= keySize) {
      return 0;
    }
    if (!slot.isSpilledScalar()
        || run(slot, from, StackSlot.SPILL) != keySize
        || !(slot.spilled() instanceof Scalar s)
        || !s.range().isConst()) {
      return -1;
    }
    walk.precision.markSlot(frame.depth, index);
    return s.range().value();
  }

  private static int run(StackSlot slot, int from, int type) {
    int length = 0;
    for (int i = from; i >= 0 && slot.type(i) == type; i--) {
      length++;
    }
    return length;
  }

  /// A string in frozen read-only data.
  private void string(Reg reg, Pointer p) {
    MapDef map = p.mapDef();
    byte @Nullable [] contents = map.contents();
    if (contents == null) {
      throw Refusal.access(
          Reason.ARGUMENT, "R%d does not point to a readonly map'".formatted(reg.ordinal()));
    }
    if (!p.var().isConst()) {
      throw Refusal.access(
          Reason.ARGUMENT, "R%d is not a constant address'".formatted(reg.ordinal()));
    }
    memory.mapValue(p, reg, p.off(), (long) map.valueSize() - p.off(), false);
    int at = p.off() + (int) p.var().value();
    for (int i = at; i < map.valueSize(); i++) {
      if (i >= contents.length || contents[i] == 0) {
        return;
      }
    }
    throw Refusal.invalid(Reason.ARGUMENT, "string is not zero-terminated");
  }
}
