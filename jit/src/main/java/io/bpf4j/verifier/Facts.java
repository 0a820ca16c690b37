package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the walk learned of each instruction, joined over all paths.
///
/// Only what holds on paths that a kept state cut short is collected. Such a path goes on with
/// values that the walk never saw at the instructions behind the cut; what it shares with the walk
/// is what [StateCover] compared. Therefore:
///
/// - Pointers are facts. Covered and covering agree in kind, map, constant offset and null; the
///   variable offset of the covered lies within the other's. So which memory an access reaches, and
///   that it lies inside, holds on every path.
/// - Ranges of numbers are not. A number that decided nothing is not compared, and the covered path
///   may hold any other. The few that are facts decided something and are marked precise: the key
///   of a look-up in an array ([#key]), offsets and sizes as far as they are part of an access.
/// - A branch is dead when the other side was never walked ([#isReached]). Its numbers were marked
///   precise, so a covered path decides it alike. That one side of a jump was not taken is a weaker
///   fact than that its target is not reached, and nothing is built on it.
/// - Of registers that are not read any more nothing is said: they are not compared.
/// - The stack's bytes are facts as far as accesses to them are ([#stack]); what they hold is not.
public final class Facts {
  private static final int REGS = Reg.values().length;

  /// What a register holds when an instruction runs.
  public enum Kind {
    /// No path was seen to write it before it is read.
    NOTHING,
    NUMBER,
    POINTER,
    /// A pointer or 0.
    POINTER_OR_NULL,
    /// Different things on different paths.
    MIXED
  }

  /// The memory an instruction accesses.
  ///
  /// @param kind what it is, or null when paths differ
  /// @param map the map of a value, or null
  /// @param frame for the stack, 0 the outermost function's
  /// @param fixed whether the distance from its start is the same on all paths
  /// @param off that distance, without the instruction's own offset
  public record AccessFact(
      @Nullable PtrKind kind, @Nullable MapDef map, int frame, boolean fixed, int off) {
    @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
    private AccessFact join(AccessFact other) {
      boolean same = kind == other.kind && map == other.map && frame == other.frame;
      return new AccessFact(
          kind == other.kind ? kind : null,
          same ? map : null,
          same ? frame : -1,
          same && fixed && other.fixed && off == other.off,
          off);
    }
  }

  private final BitSet reached = new BitSet();
  private final BitSet taken = new BitSet();
  private final BitSet notTaken = new BitSet();
  private final byte[] kinds;
  private final @Nullable AccessFact[] accesses;
  private final @Nullable MapDef[] maps;
  private final BitSet differentMaps = new BitSet();
  private final @Nullable Pointer[] types;
  private final long[] keys;
  private final StackFacts stack;

  Facts(int size) {
    kinds = new byte[size * REGS];
    accesses = new @Nullable AccessFact[size];
    maps = new @Nullable MapDef[size];
    types = new @Nullable Pointer[size];
    keys = new long[size];
    stack = new StackFacts(size);
  }

  void reached(int pc, State state) {
    reached.set(pc);
    RegState[] regs = state.frame().regs;
    int row = pc * REGS;
    for (int i = 0; i < REGS; i++) {
      Kind now = kind(regs[i]);
      int before = kinds[row + i];
      if (before == 0) {
        kinds[row + i] = (byte) (now.ordinal() + 1);
      } else if (before != now.ordinal() + 1) {
        kinds[row + i] = (byte) (Kind.MIXED.ordinal() + 1);
      }
    }
  }

  private static Kind kind(RegState reg) {
    return switch (reg) {
      case NotInit _ -> Kind.NOTHING;
      case Scalar _ -> Kind.NUMBER;
      case Pointer p -> p.nullable() ? Kind.POINTER_OR_NULL : Kind.POINTER;
    };
  }

  void branched(int pc, int outcome) {
    if (outcome != Branches.NOT_TAKEN) {
      taken.set(pc);
    }
    if (outcome != Branches.TAKEN) {
      notTaken.set(pc);
    }
  }

  void accessed(int pc, Pointer p) {
    AccessFact now =
        new AccessFact(
            p.kind(),
            p.map(),
            p.frame(),
            p.var().isConst(),
            p.off() + (p.var().isConst() ? (int) p.var().value() : 0));
    AccessFact before = accesses[pc];
    accesses[pc] = before == null ? now : before.join(now);
  }

  /// One instruction may not access a context or a socket on one path and something else on another
  /// (kernel/bpf/verifier.c, save_aux_ptr_type).
  void usedAs(int pc, Pointer p) {
    Pointer before = types[pc];
    if (before == null) {
      types[pc] = p;
    } else if ((before.kind() != p.kind() || before.flags() != p.flags())
        && (isRigid(before) || isRigid(p))) {
      throw Refusal.invalid(
          io.bpf4j.error.VerifierException.Reason.ACCESS,
          "same insn cannot be used with different pointers");
    }
  }

  private static boolean isRigid(Pointer p) {
    return p.kind() == PtrKind.CTX || p.kind().isSocket();
  }

  @SuppressWarnings("ReferenceEquality") // one and the same, not one like it
  void called(int pc, CallFacts facts) {
    MapDef map = facts.map;
    if (map == null) {
      return;
    }
    if (maps[pc] == null) {
      maps[pc] = map;
      keys[pc] = facts.constKey;
    } else if (maps[pc] != map) {
      differentMaps.set(pc);
    }
    if (keys[pc] != facts.constKey) {
      keys[pc] = -1;
    }
  }

  /// Bytes of the stack at `[from, to)` from the frame pointer of the frame that `p` points into
  /// are accessed through something else than the own frame pointer itself.
  void touched(State state, Pointer p, int from, int to, boolean write) {
    int depth = state.depth();
    // To a function that waits for a callee, the call is what touches its frame.
    int pc = p.frame() == depth ? state.pc : state.frame(p.frame() + 1).callsite;
    stack.touched(pc, from, to, write);
  }

  /// Whether any path reaches the instruction; the others are dead.
  public boolean isReached(int pc) {
    return reached.get(pc);
  }

  /// Whether a conditional jump is ever taken.
  public boolean isTaken(int pc) {
    return taken.get(pc);
  }

  /// Whether a conditional jump ever falls through.
  public boolean fallsThrough(int pc) {
    return notTaken.get(pc);
  }

  /// What a register holds before the instruction runs.
  public Kind kind(int pc, Reg reg) {
    int code = kinds[pc * REGS + reg.ordinal()];
    return code == 0 ? Kind.NOTHING : Kind.values()[code - 1];
  }

  /// What the instruction accesses, or null when it accesses nothing.
  public @Nullable AccessFact access(int pc) {
    return accesses[pc];
  }

  /// What of the frame of its function an instruction reads and writes on any path, but for loads,
  /// stores and atomic operations through R10 itself, which say it themselves. Of a call, this is
  /// what the helper does, or all that the called function and those it calls do.
  public List<StackSpan> stack(int pc) {
    return stack.spans(pc);
  }

  /// The key of a helper call that looks into an array, when it is the same number on all paths;
  /// else -1.
  public long key(int pc) {
    return map(pc) == null ? -1 : keys[pc];
  }

  /// The map of a helper call when it is the same on all paths, else null.
  public @Nullable MapDef map(int pc) {
    return differentMaps.get(pc) ? null : maps[pc];
  }
}
