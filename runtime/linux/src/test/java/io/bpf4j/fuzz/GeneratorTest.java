package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.linux.KernelSupport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GeneratorTest {
  private static final int PROGRAMS = 3_000;

  private static List<Case> cases(int count) {
    List<Case> cases = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cases.add(Fuzzer.make(17, i));
    }
    return cases;
  }

  @Test
  void theSameNumberIsTheSameProgram() {
    for (int i = 0; i < 50; i++) {
      assertThat(Fuzzer.make(5, i).insns()).isEqualTo(Fuzzer.make(5, i).insns());
    }
    assertThat(Fuzzer.make(5, 1).insns()).isNotEqualTo(Fuzzer.make(6, 1).insns());
  }

  @Test
  void programsHoldEveryOperationAtEveryWidth() {
    Set<String> seen = new HashSet<>();
    for (Case test : cases(PROGRAMS)) {
      for (Insn insn : test.insns().toList()) {
        switch (insn) {
          case Insn.Alu alu -> seen.add(alu.op() + " " + alu.width());
          case Insn.Jump jump -> seen.add(jump.op() + " " + jump.width());
          case Insn.Atomic atomic ->
              seen.add(atomic.op() + " " + atomic.size() + " " + atomic.fetch());
          case Insn.Load load -> seen.add("load " + load.size() + " " + load.signed());
          case Insn.Store store -> seen.add("store " + store.size());
          case Insn.LoadAcquire load -> seen.add("acquire " + load.size());
          case Insn.StoreRelease store -> seen.add("release " + store.size());
          default -> seen.add(insn.getClass().getSimpleName());
        }
      }
    }
    Set<String> all =
        new HashSet<>(
            Set.of("Mov", "MovSx", "Neg", "Swap", "LoadImm64", "Goto", "MayGoto", "Exit"));
    all.addAll(Set.of("CallHelper", "CallLocal"));
    for (Width width : Width.values()) {
      for (AluOp op : AluOp.values()) {
        all.add(op + " " + width);
      }
      for (JmpOp op : JmpOp.values()) {
        all.add(op + " " + width);
      }
    }
    for (Size size : Size.values()) {
      all.addAll(Set.of("load " + size + " false", "store " + size));
      all.addAll(Set.of("acquire " + size, "release " + size));
      if (size != Size.DW) {
        all.add("load " + size + " true");
      }
      for (AtomicOp op : size == Size.W || size == Size.DW ? AtomicOp.values() : new AtomicOp[0]) {
        all.add(op + " " + size + " true");
        if (op != AtomicOp.XCHG && op != AtomicOp.CMPXCHG) {
          all.add(op + " " + size + " false");
        }
      }
    }
    assertThat(seen).containsAll(all);
  }

  @Test
  void programsAreTextThatCanBeReadAgain() {
    for (Case test : cases(500)) {
      String text = Reproducer.assembly(test.insns());
      assertThat(Assembler.assemble(text)).as(text).isEqualTo(test.insns());
    }
  }

  @Test
  void theKernelTakesNearlyAll() {
    assumeTrue(KernelSupport.permitted(), KernelSupport.whyNot());
    List<String> refused = new ArrayList<>();
    int count = 20 * KernelLane.BATCH;
    try (KernelLane plain = KernelLane.open(0);
        KernelLane stacked = KernelLane.open(Comparison.STACK)) {
      List<Case> cases = cases(count);
      for (int i = 0; i < count; i += KernelLane.BATCH) {
        List<Case> batch = cases.subList(i, i + KernelLane.BATCH);
        KernelLane lane = batch.getFirst().stackBytes() == 0 ? plain : stacked;
        lane.run(
            batch,
            (place, answer) -> {
              if (answer instanceof KernelLane.Answer.Refused(String reason)) {
                refused.add(reason + "\n" + Reproducer.assembly(batch.get(place).insns()));
              }
            });
      }
    }
    assertThat(refused).hasSizeLessThan(count / 100);
  }
}
