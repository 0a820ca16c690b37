package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyMap;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Width;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Running a compiled program makes no garbage.
class AllocationTest {
  private static final int RUNS = 20_000;

  private final Machine machine = new Machine(new JitEngine());

  private void makesNoGarbage(Runnable run) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long best = Long.MAX_VALUE;
    // The first rounds link and profile.
    for (int round = 0; round < 10; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < RUNS; i++) {
        run.run();
      }
      best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
    }
    // Asking twice may itself take some bytes, but never one a run.
    assertThat(best).as("bytes of %d runs", RUNS).isLessThan(RUNS / 2);
  }

  @Test
  void mapsHelpersStackAndCallsMakeNone() {
    RunnableProgram program =
        machine.typed(
            """
            r6 = r1
            *(u32 *)(r10 -4) = 1
            r1 = map[idx:0]
            r2 = r10
            r2 += -4
            call helper#1
            if r0 == 0 goto none
            r1 = *(u32 *)(r0 +4)
            r1 += 1
            *(u32 *)(r0 +4) = r1
            r1 = r10
            r1 += -4
            r2 = 4
            call helper#7
            call rounds
            exit
            none:
            exit
            rounds:
            r7 = r10
            r7 &= -8
            *(u64 *)(r7 -8) = 5
            r0 = *(u64 *)(r7 -8)
            exit
            """,
            ToyMap.of("m", 4));
    assertThat(machine.runTyped(program)).isEqualTo(5);
    makesNoGarbage(() -> machine.runTyped(program));
  }

  @Test
  void splitFunctionsMakeNone() {
    List<Insn> code = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      code.add(new Insn.Alu(AluOp.XOR, Width.W64, Reg.of(i % 6), new Imm(i)));
      code.add(new Insn.Alu(AluOp.ADD, Width.W32, Reg.R0, Reg.of(i % 6)));
    }
    code.add(new Insn.Exit());
    RunnableProgram program = machine.load(code.toArray(Insn[]::new));
    assertThat(program.report().methods()).hasSizeGreaterThan(3);
    makesNoGarbage(() -> machine.run(program));
  }
}
