package io.bpf4j.fuzz;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// Instructions that are being written, with labels for what they jump to and call.
final class Code {
  private final List<Insn> insns = new ArrayList<>();
  private int[] targets = new int[64];
  private int[] places = new int[16];
  private int labels;
  private final BitSet called = new BitSet();

  /// A new label, not placed yet.
  int label() {
    if (labels == places.length) {
      places = Arrays.copyOf(places, 2 * labels);
    }
    return labels++;
  }

  /// The next instruction is what the label stands for.
  void place(int label) {
    places[label] = insns.size();
  }

  void add(Insn insn) {
    add(insn, -1);
  }

  private void add(Insn insn, int target) {
    if (insns.size() == targets.length) {
      targets = Arrays.copyOf(targets, 2 * targets.length);
    }
    targets[insns.size()] = target;
    insns.add(insn);
  }

  void jump(JmpOp op, Width width, Reg dst, Operand src, int label) {
    add(new Insn.Jump(op, width, dst, src, (short) 0), label);
  }

  void jump(boolean wide, int label) {
    add(new Insn.Goto(0, wide), label);
  }

  void mayGoto(int label) {
    add(new Insn.MayGoto((short) 0), label);
  }

  void call(int label) {
    called.set(label);
    add(new Insn.CallLocal(0), label);
  }

  /// Whether something calls what is at the label.
  boolean isCalled(int label) {
    return called.get(label);
  }

  /// The program, its distances filled in.
  Insns finish() {
    int count = insns.size();
    int[] pcs = new int[count + 1];
    for (int i = 0; i < count; i++) {
      pcs[i + 1] = pcs[i] + insns.get(i).slots();
    }
    for (int i = 0; i < count; i++) {
      if (targets[i] >= 0) {
        int distance = pcs[places[targets[i]]] - pcs[i] - 1;
        insns.set(i, retarget(insns.get(i), distance));
      }
    }
    return Insns.of(insns);
  }

  /// A jump, call or function pointer with another distance; anything else as it is.
  static Insn retarget(Insn insn, int distance) {
    return switch (insn) {
      case Insn.Jump j -> new Insn.Jump(j.op(), j.width(), j.dst(), j.src(), (short) distance);
      case Insn.Goto g -> new Insn.Goto(distance, g.wide());
      case Insn.MayGoto _ -> new Insn.MayGoto((short) distance);
      case Insn.CallLocal _ -> new Insn.CallLocal(distance);
      case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC ->
          new Insn.LoadImm64(load.dst(), PseudoLoad.FUNC, Integer.toUnsignedLong(distance));
      default -> insn;
    };
  }
}
