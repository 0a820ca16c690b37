package io.bpf4j.fuzz;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Structure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Makes a case on which executions differ smaller, as long as the same one still differs: drops
/// stretches of instructions, from halves down to single ones, and lets what jumped or called into
/// them go to what follows; then makes the input zeros where it does not matter.
///
/// A program from which something was dropped may show addresses, or read stack that it never
/// wrote, which differs between kernel and engines and is no bug. So where the kernel differs,
/// programs must not depend on addresses, and all of the stack starts as zeros when they can run
/// so.
final class Shrinker {
  private static final int MOST_TRIES = 3_000;

  private final Comparison comparison;
  private int tries;

  Shrinker(Comparison comparison) {
    this.comparison = comparison;
  }

  /// The smallest case found on which the same execution differs as in `answers`.
  Case shrink(Case test, Answers answers) {
    String name = Objects.requireNonNull(answers.dissent(), "nothing differs").name();
    Case start = test;
    if (name.equals(Answers.KERNEL)) {
      Case zeroed = new Case(test.insns(), test.input(), Comparison.WHOLE_STACK);
      start = differs(zeroed, name) ? zeroed : test;
    }
    return inputs(insns(start, name), name);
  }

  private boolean differs(Case test, String name) {
    if (tries++ > MOST_TRIES) {
      return false;
    }
    Answers.Dissent dissent = comparison.run(test).dissent();
    return dissent != null
        && dissent.name().equals(name)
        && (!name.equals(Answers.KERNEL) || comparison.independentOfAddresses(test));
  }

  private Case insns(Case start, String name) {
    Case best = start;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      int size = best.insns().toList().size();
      for (int length = Math.max(1, size / 2); length >= 1; length /= 2) {
        int from = best.insns().toList().size() - length;
        for (; from >= 0; from -= length) {
          Insns fewer = without(best.insns(), from, Math.max(1, length));
          if (fewer.size() > 0 && differs(best.withInsns(fewer), name)) {
            best = best.withInsns(fewer);
            smaller = true;
            from = Math.min(from, best.insns().toList().size());
          }
        }
      }
    }
    return best;
  }

  /// A program without `length` instructions from number `from` on.
  static Insns without(Insns insns, int from, int length) {
    List<Insn> all = insns.toList();
    int[] numbers = new int[insns.size() + 1];
    BitSet dropped = new BitSet();
    int pc = 0;
    for (int i = 0; i < all.size(); i++) {
      numbers[pc] = i;
      pc += all.get(i).slots();
      if (i >= from && i < from + length) {
        dropped.set(i);
      }
    }
    numbers[pc] = all.size();
    int[] newPcs = new int[all.size() + 1];
    for (int i = 0; i < all.size(); i++) {
      newPcs[i + 1] = newPcs[i] + (dropped.get(i) ? 0 : all.get(i).slots());
    }
    List<Insn> kept = new ArrayList<>();
    pc = 0;
    for (int i = 0; i < all.size(); i++) {
      Insn insn = all.get(i);
      if (!dropped.get(i)) {
        Integer target = target(insn, pc);
        kept.add(
            target != null && target >= 0 && target <= insns.size()
                ? Code.retarget(insn, newPcs[numbers[target]] - newPcs[i] - 1)
                : insn);
      }
      pc += insn.slots();
    }
    return Insns.of(kept);
  }

  private static @Nullable Integer target(Insn insn, int pc) {
    return switch (insn) {
      case Insn.CallLocal(int offset) -> pc + 1 + offset;
      case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC -> pc + 1 + load.low();
      default -> Structure.jumpTarget(insn, pc);
    };
  }

  private Case inputs(Case start, String name) {
    Case best = start;
    byte[] memory = start.input().memory().clone();
    for (int at = 0; at < Input.WORK; at += Long.BYTES) {
      byte[] kept = Arrays.copyOfRange(memory, at, at + Long.BYTES);
      Arrays.fill(memory, at, at + Long.BYTES, (byte) 0);
      Input input = best.input();
      Case simpler =
          best.withInput(
              new Input(
                  memory.clone(), input.array(), input.present(), input.hash(), input.single()));
      if (differs(simpler, name)) {
        best = simpler;
      } else {
        System.arraycopy(kept, 0, memory, at, Long.BYTES);
      }
    }
    return best;
  }
}
