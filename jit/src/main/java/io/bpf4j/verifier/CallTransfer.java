package io.bpf4j.verifier;

import io.bpf4j.error.VerifierException.Reason;
import io.bpf4j.isa.Reg;

/// A helper call whose arguments are what they must be: references are taken and given back, memory
/// is filled, R0 becomes the result (kernel/bpf/verifier.c, check_helper_call).
final class CallTransfer {
  /// The kernel's largest errno; string reads return no more below 0.
  private static final int MAX_ERRNO = 4095;

  /// No machine has more CPUs (NR_CPUS of the largest configuration).
  private static final int MAX_CPUS = 8192;

  private final Walk walk;
  private final StackAccess stack;
  private final FunctionTransfer functions;

  CallTransfer(Walk walk, StackAccess stack, FunctionTransfer functions) {
    this.walk = walk;
    this.stack = stack;
    this.functions = functions;
  }

  void helper(int pc, int id) {
    HelperRule rule = walk.rules.helper(id, walk.subject.type());
    if (rule == null) {
      throw new IllegalStateException("helper " + id + " has no row");
    }
    CallFacts facts = walk.callFacts();
    mapIsWritable(id, facts);
    if (id == Helpers.TAIL_CALL) {
      tailCall(facts);
    }
    Pointer output = facts.output;
    if (output != null) {
      stack.helperOutput(output, facts.outputSize);
    }
    release(rule, facts);
    if (id == Helpers.TAIL_CALL) {
      Prover.nothingHeld(walk, "tail_call");
    } else if (rule.callsBack()) {
      functions.callback(pc, id, facts);
    }
    walk.facts.called(pc, facts);
    walk.state.clobberCallerSaved();
    walk.state.set(Reg.R0, result(pc, rule, facts));
    MapDef map = facts.map;
    if (map != null && !MapRules.compatible(map.type(), id)) {
      throw Refusal.invalid(
          Reason.MAP,
          "cannot pass map_type %d into func %s#%d".formatted(map.type(), rule.name(), id));
    }
    if (rule.has(HelperRule.Trait.CHANGES)) {
      forgetPacket(walk.state);
    }
  }

  private static void mapIsWritable(int id, CallFacts facts) {
    boolean writes =
        switch (id) {
          case Helpers.MAP_UPDATE_ELEM,
              Helpers.MAP_DELETE_ELEM,
              Helpers.MAP_PUSH_ELEM,
              Helpers.MAP_POP_ELEM ->
              true;
          default -> false;
        };
    MapDef map = facts.map;
    if (writes && map != null && (map.flags() & MapDef.READ_ONLY_PROG) != 0) {
      throw Refusal.access(Reason.PERMISSION, "write into map forbidden");
    }
  }

  private void tailCall(CallFacts facts) {
    MapDef map = facts.map;
    if (map == null || map.type() != MapRules.PROG_ARRAY) {
      throw Refusal.invalid(Reason.MAP, "expected prog array map for tail call");
    }
    if (walk.state.reg(Reg.R3) instanceof Scalar s
        && s.range().isConst()
        && Bounds.uless(s.range().value(), map.maxEntries())) {
      walk.markPrecise(Reg.R3);
    }
  }

  private void release(HelperRule rule, CallFacts facts) {
    Reg released = facts.released;
    if (released == null) {
      return;
    }
    if (facts.refId == 0 && walk.state.reg(released).isNull()) {
      return;
    }
    int ref = facts.refId;
    if (!walk.state.releaseReference(ref)) {
      throw Refusal.invalid(
          Reason.REFERENCE,
          "func %s#%d reference has not been acquired before".formatted(rule.name(), rule.id()));
    }
    walk.state.mapRegs(reg -> reg.refId() == ref ? Scalar.UNKNOWN : reg);
  }

  private RegState result(int pc, HelperRule rule, CallFacts facts) {
    Pointer pointer =
        switch (rule.ret()) {
          case INT -> null;
          case VOID -> null;
          case VALUE -> value(rule, facts);
          case FULLSOCK -> Pointer.to(PtrKind.SOCK);
          case TCPSOCK -> Pointer.to(PtrKind.TCP_SOCK);
          case SOCKCOMMON -> Pointer.to(PtrKind.SOCK_COMMON);
          case RINGBUF -> Pointer.toMem(facts.allocSize & Bounds.LOW, Pointer.RINGBUF);
          case SPECIAL -> throw new IllegalStateException("a special helper was let through");
        };
    if (pointer == null) {
      return rule.ret() == HelperRule.Ret.VOID ? NotInit.NOT_INIT : number(rule, facts);
    }
    boolean certain =
        rule.ret() == HelperRule.Ret.VALUE
            && rule.id() == Helpers.MAP_LOOKUP_ELEM
            && facts.map != null
            && MapRules.alwaysHolds(facts.map.type())
            && facts.constKey >= 0
            && facts.constKey < Integer.toUnsignedLong(facts.map.maxEntries());
    if (!certain) {
      pointer = pointer.withFlags(pointer.flags() | Pointer.NULLABLE).withId(walk.freshId());
    } else if (pointer.mapDef().holdsAny(MapDef.FieldKind.SPIN_LOCK)) {
      pointer = pointer.withId(walk.freshId());
    }
    if (rule.has(HelperRule.Trait.CASTS)) {
      return pointer.withRef(pointer.id(), facts.refId);
    }
    boolean socketLookup =
        rule.id() == Helpers.MAP_LOOKUP_ELEM
            && facts.map != null
            && MapRules.isSocketMap(facts.map.type());
    if (rule.has(HelperRule.Trait.ACQUIRES) || socketLookup) {
      int id = walk.freshId();
      walk.state.acquire(new Held(Held.Kind.REFERENCE, id, pc, null));
      return pointer.withRef(id, id);
    }
    return pointer;
  }

  private static Pointer value(HelperRule rule, CallFacts facts) {
    MapDef map = facts.map;
    if (map == null) {
      throw new IllegalStateException(rule.name() + " yields a value of no map");
    }
    return Pointer.toMap(PtrKind.MAP_VALUE, map).withUid(facts.mapUid);
  }

  private static Scalar number(HelperRule rule, CallFacts facts) {
    Bounds b = new Bounds();
    switch (rule.id()) {
      case Helpers.PROBE_READ_USER_STR, Helpers.PROBE_READ_KERNEL_STR -> {
        b.smax = facts.maxSize;
        b.s32max = (int) facts.maxSize;
        b.smin = -MAX_ERRNO;
        b.s32min = -MAX_ERRNO;
      }
      case Helpers.GET_SMP_PROCESSOR_ID -> {
        b.umin = 0;
        b.umax = MAX_CPUS - 1;
      }
      default -> {
        return Scalar.UNKNOWN;
      }
    }
    b.sync();
    b.dropContradiction();
    return Scalar.of(b.range());
  }

  /// The packet may have moved: what pointed into it is a number now.
  static void forgetPacket(State state) {
    state.mapRegs(reg -> reg instanceof Pointer p && p.kind().isPacketAny() ? Scalar.UNKNOWN : reg);
  }
}
