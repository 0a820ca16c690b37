package io.bpf4j.interp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyMap;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.mem.ExecTracer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class InterpretedProgramTest {
  private final Machine machine = new Machine(new Interpreter("interp"));

  /// HotSpot's HugeMethodLimit: beyond it a method is never compiled, silently.
  @Test
  void theLoopStaysBelowTheHugeMethodLimit() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            InterpretedProgram.class.getResourceAsStream("InterpretedProgram.class"))) {
      for (MethodModel method : ClassFile.of().parse(in.readAllBytes()).methods()) {
        for (CodeModel code : method.code().stream().toList()) {
          assertThat(((CodeAttribute) code).codeLength())
              .as("bytes of bytecode of %s", method.methodName())
              .isLessThan(8_000);
        }
      }
    }
  }

  @Test
  void runningMakesNoGarbage() {
    ToyMap map = ToyMap.of("ports", 4);
    RunnableProgram program =
        machine.withMaps(
            """
            r7 = r1
            *(u32 *)(r10 -4) = 3
            r1 = map[idx:0]
            r2 = r10
            r2 += -4
            call toy_lookup#1
            if r0 == 0 goto out
            r1 = *(u64 *)(r0 +0)
            r1 += 1
            *(u64 *)(r0 +0) = r1
            r2 = 1
            lock *(u64 *)(r0 +0) += r2
            call f
            out: exit
            f: *(u64 *)(r10 -8) = 1
            r0 = *(u64 *)(r10 -8)
            exit
            """,
            map);
    for (int i = 0; i < 30_000; i++) {
      machine.run(program);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        machine.run(program);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes of 10,000 runs").isLessThan(10_000);
  }

  @Test
  void tracersAreToldOfHelperCallsInOrder() {
    List<String> told = new ArrayList<>();
    machine
        .cpu()
        .tracer(
            new ExecTracer() {
              @Override
              public void beforeHelper(int pc, int helper, long[] args) {
                told.add("%d: #%d%s".formatted(pc, helper, Arrays.toString(args)));
              }

              @Override
              public void afterHelper(int pc, int helper, long result) {
                told.add("%d: #%d = %d".formatted(pc, helper, result));
              }
            });
    machine.run("r1 = 1\nr2 = 2\nr3 = 0\ncall toy_weigh#2\nr1 = 0\nr2 = 0\ncall toy_sum#7\nexit");
    assertThat(told)
        .containsExactly("3: #2[1, 2, 0, 0, 0]", "3: #2 = 21", "6: #7[0, 0, 0, 0, 0]", "6: #7 = 0");
  }

  @Test
  void whatIsLeftOfTheBudgetCanBeRead() {
    machine.fuel(100).run("r6 = 10\nagain: r6 -= 1\nif r6 != 0 goto again\nr0 = 0\nexit");
    assertThat(machine.cpu().fuel()).isEqualTo(91);
  }
}
