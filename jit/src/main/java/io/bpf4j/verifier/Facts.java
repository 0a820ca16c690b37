package io.bpf4j.verifier;

import io.bpf4j.isa.Reg;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// What the walk learned of each instruction, joined over all paths.
///
/// Only what holds on paths that a kept state cut short is collected: pointers agree with the state
/// that covered theirs, numbers need not unless they mattered. So there are kinds of registers and
/// ranges of pointers here, and no ranges of numbers. Of registers that are not read any more,
/// nothing is said.
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

  Facts(int size) {
    kinds = new byte[size * REGS];
    accesses = new @Nullable AccessFact[size];
    maps = new @Nullable MapDef[size];
    types = new @Nullable Pointer[size];
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
    } else if (maps[pc] != map) {
      differentMaps.set(pc);
    }
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

  /// The map of a helper call when it is the same on all paths, else null.
  public @Nullable MapDef map(int pc) {
    return differentMaps.get(pc) ? null : maps[pc];
  }
}
