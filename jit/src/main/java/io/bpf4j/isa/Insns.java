package io.bpf4j.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An immutable sequence of instructions, addressed by slot as the kernel counts them: the second
/// half of a [Insn.LoadImm64] has a pc of its own, at which no instruction starts.
public final class Insns {
  private final @Nullable Insn[] bySlot;

  private Insns(@Nullable Insn[] bySlot) {
    this.bySlot = bySlot;
  }

  /// Lays the instructions out one after another.
  public static Insns of(List<? extends Insn> insns) {
    List<@Nullable Insn> slots = new ArrayList<>();
    for (Insn insn : insns) {
      slots.add(insn);
      if (insn.slots() == 2) {
        slots.add(null);
      }
    }
    return new Insns(slots.toArray(new @Nullable Insn[0]));
  }

  /// The number of slots.
  public int size() {
    return bySlot.length;
  }

  /// The instruction that starts at `pc`.
  ///
  /// @throws IllegalArgumentException when none starts there
  public Insn at(int pc) {
    Insn insn = startsAt(pc) ? bySlot[pc] : null;
    if (insn == null) {
      throw new IllegalArgumentException("no instruction starts at pc " + pc);
    }
    return insn;
  }

  /// Whether `pc` is inside the program and not the second half of a wide load.
  public boolean startsAt(int pc) {
    return pc >= 0 && pc < bySlot.length && bySlot[pc] != null;
  }

  /// The pc of the instruction that follows the one at `pc`.
  public int next(int pc) {
    if (!startsAt(pc)) {
      throw new IllegalArgumentException("no instruction starts at pc " + pc);
    }
    return pc + 1 < bySlot.length && bySlot[pc + 1] == null ? pc + 2 : pc + 1;
  }

  /// The instructions without their slots.
  public List<Insn> toList() {
    List<Insn> out = new ArrayList<>(bySlot.length);
    for (Insn insn : bySlot) {
      if (insn != null) {
        out.add(insn);
      }
    }
    return out;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Insns other && Arrays.equals(bySlot, other.bySlot);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bySlot);
  }

  @Override
  public String toString() {
    return toList().toString();
  }
}
