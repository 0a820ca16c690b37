package io.bpf4j.engine;

import io.bpf4j.error.UnsupportedException;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.LoadRule;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.Program;
import io.bpf4j.verifier.Facts;
import io.bpf4j.verifier.MapDef;
import io.bpf4j.verifier.PtrKind;
import io.bpf4j.verifier.StackSpan;
import io.bpf4j.verifier.VerifiedProgram;
import io.bpf4j.verifier.Verifier;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a proof settles about a program on its host: accesses that need no test, helper calls whose
/// arguments are what the helper needs, code that is dead.
///
/// The proof speaks of Linux. That it holds here, too, is looked at row by row: a helper must ask
/// for no more than the kernel proves and answer what the proof takes its answer for
/// ([HelperMatch]), and a field that the proof takes for a pointer must be one; else the program is
/// refused. A field that the host does not have, or a map that a helper does not take here, is left
/// to [Checks]; and so is all that may be a map's value where the memory of a map is less than its
/// definition promises.
public final class Proof {
  /// Who answers for an access.
  public sealed interface Access {
    /// The memory is there: it can be touched as it is.
    record Raw() implements Access {}

    /// A load from a context or a socket that starts where the base register points.
    record Field(LoadRule rule) implements Access {}

    /// [Checks].
    record Open() implements Access {}
  }

  private static final Access RAW = new Access.Raw();
  private static final Access OPEN = new Access.Open();

  private final Program program;
  private final Platform platform;
  private final @Nullable CtxLayout ctx;
  private final VerifiedProgram verified;
  private final Facts facts;
  private final @Nullable Access[] accesses;
  private final BitSet settledCalls = new BitSet();
  private final boolean mapsHold;

  private Proof(
      Program program, Platform platform, @Nullable CtxLayout ctx, VerifiedProgram verified) {
    this.program = program;
    this.platform = platform;
    this.ctx = ctx;
    this.verified = verified;
    this.facts = verified.facts();
    this.mapsHold = program.maps().stream().allMatch(Proof::holdsWhatItSays);
    Insns insns = program.insns();
    this.accesses = new @Nullable Access[insns.size()];
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      if (facts.isReached(pc)) {
        settle(pc, insns.at(pc));
      }
    }
  }

  /// Proves a program.
  ///
  /// @throws io.bpf4j.error.VerifierException when it is not safe
  /// @throws UnsupportedException when the proof knows nothing of what it uses, or the host differs
  ///   from what the proof is about
  static Proof of(Program program, Platform platform, @Nullable CtxLayout ctx) {
    return new Proof(program, platform, ctx, Verifier.kernel().verify(program));
  }

  private static boolean holdsWhatItSays(BpfMap map) {
    MapSpec spec = map.spec();
    boolean readOnly = spec.frozen() || (spec.flags() & MapDef.READ_ONLY_PROG) != 0;
    return map.valueRegions(0).stream()
        .allMatch(
            region -> region.cellSize() >= spec.valueSize() && (readOnly || region.writable()));
  }

  private void settle(int pc, Insn insn) {
    switch (insn) {
      case Insn.Load load -> accesses[pc] = access(pc, load.offset(), load.size().bytes(), false);
      case Insn.LoadAcquire load ->
          accesses[pc] = access(pc, load.offset(), load.size().bytes(), false);
      case Insn.Store store ->
          accesses[pc] = access(pc, store.offset(), store.size().bytes(), true);
      case Insn.StoreRelease store ->
          accesses[pc] = access(pc, store.offset(), store.size().bytes(), true);
      case Insn.Atomic atomic ->
          accesses[pc] = access(pc, atomic.offset(), atomic.size().bytes(), true);
      case Insn.CallHelper(int id) -> settledCalls.set(pc, call(pc, id));
      default -> {}
    }
  }

  private Access access(int pc, int offset, int size, boolean write) {
    Facts.AccessFact fact = facts.access(pc);
    if (fact == null) {
      return OPEN;
    }
    // Where paths differ none of them reaches a context or a socket: an instruction may not do
    // both.
    PtrKind kind = fact.kind();
    if (kind == null) {
      return mapsHold ? RAW : OPEN;
    }
    return switch (kind) {
      case STACK, MAP_KEY, MEM, PACKET, PACKET_META -> RAW;
      case MAP_VALUE -> mapsHold ? RAW : OPEN;
      case CTX -> write ? OPEN : contextField(pc, offset, size);
      case SOCK, SOCK_COMMON -> write ? OPEN : field(platform.sock(), offset, size);
      case TCP_SOCK, XDP_SOCK, MAP, PACKET_END, FUNC -> OPEN;
    };
  }

  private static Access field(@Nullable CtxLayout layout, int offset, int size) {
    LoadRule rule = layout == null ? null : layout.rule(offset, size);
    return rule == null ? OPEN : new Access.Field(rule);
  }

  private Access contextField(int pc, int offset, int size) {
    PtrKind yields = verified.contextPointer(offset, size);
    Access access = field(ctx, offset, size);
    if (yields != null && access instanceof Access.Field(LoadRule rule)) {
      CtxField field = ctx == null ? null : ctx.fieldAt(offset);
      boolean pointer =
          rule.bytes() == Long.BYTES && (!yields.isSocket() || (field != null && field.pointer()));
      if (!pointer) {
        throw differs(pc, "the field at offset " + offset + " of its context is a number here");
      }
    }
    return access;
  }

  private boolean call(int pc, int id) {
    Helper helper = platform.helper(id);
    HelperMatch match = HelperMatch.of(verified.helper(id), helper);
    if (helper == null || !match.result()) {
      throw differs(pc, "helper #" + id + " answers something else here");
    }
    if (!match.arguments()) {
      // What it touches would be unknown, too.
      throw differs(pc, "helper " + helper.name() + "#" + id + " asks for something else here");
    }
    if (!mapsHold) {
      return false;
    }
    if (!helper.args().contains(ArgType.CONST_MAP_PTR)) {
      return true;
    }
    int map = map(pc);
    if (map < 0) {
      return false;
    }
    MapTypeInfo type = platform.mapType(program.maps().get(map).spec().type());
    return type == null || type.helpers().contains(id);
  }

  private UnsupportedException differs(int pc, String what) {
    return new UnsupportedException(
        "prog '" + program.name() + "' insn " + pc, what + " than the proof is about");
  }

  /// The proof itself.
  public VerifiedProgram verified() {
    return verified;
  }

  /// Whether any run reaches the instruction.
  public boolean reaches(int pc) {
    return facts.isReached(pc);
  }

  /// Who answers for the access of a load, store or atomic instruction that is reached.
  public Access access(int pc) {
    Access access = accesses[pc];
    return access == null ? OPEN : access;
  }

  /// Whether the arguments of a helper call that is reached are what the helper needs.
  public boolean settles(int pc) {
    return settledCalls.get(pc);
  }

  /// What of its function's frame an instruction touches, but for accesses through R10 itself.
  public List<StackSpan> stack(int pc) {
    return facts.stack(pc);
  }

  /// The index of the one map that a helper call is about, or -1.
  public int map(int pc) {
    MapDef map = facts.map(pc);
    return map == null ? -1 : verified.subject().maps().indexOf(map);
  }

  /// The key of a helper call that looks into an array, when it is the same in all runs; else -1.
  public long key(int pc) {
    return facts.key(pc);
  }
}
