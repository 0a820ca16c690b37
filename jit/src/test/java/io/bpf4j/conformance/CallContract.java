package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.error.CallFault;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.mem.Cpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Calls: of functions of the program, through registers, of helpers.
interface CallContract extends Contract {

  @Test
  default void argumentsGoInAndTheResultComesBack() {
    assertThat(
            run(
                """
                r1 = 1
                r2 = 2
                r3 = 3
                r4 = 4
                r5 = 5
                call f
                exit
                f: r0 = r1
                r0 *= 10
                r0 += r2
                r0 *= 10
                r0 += r3
                r0 *= 10
                r0 += r4
                r0 *= 10
                r0 += r5
                exit
                """))
        .isEqualTo(12345);
  }

  @Test
  default void aCallChangesR0Alone() {
    String set = "";
    String sum = "";
    for (int i = 1; i <= 9; i++) {
      set += "r%d = %d\n".formatted(i, i * 1000);
      sum += "r0 += r%d\n".formatted(i);
    }
    String clobber = set.replaceAll("= ", "= 7");
    assertThat(run(set + "call f\n" + sum + "exit\nf: " + clobber + "r0 = 1\nexit"))
        .isEqualTo(45_001);
    assertThat(run(set + "call toy_tick#5\nr0 = 1\n" + sum + "exit")).isEqualTo(45_001);
  }

  @Test
  default void aCalleeStartsWithZerosBeyondItsArguments() {
    assertThat(
            run(
                """
                r0 = 1
                r6 = 1
                r7 = 1
                r8 = 1
                r9 = 1
                call f
                exit
                f: r0 |= r6
                r0 |= r7
                r0 |= r8
                r0 |= r9
                exit
                """))
        .isZero();
  }

  @Test
  default void aRunStartsWithZerosBeyondItsArguments() {
    StringBuilder source = new StringBuilder();
    for (int i = 3; i <= 9; i++) {
      source.append("r0 |= r%d\nr%d = -1\n".formatted(i, i));
    }
    Machine machine = machine();
    RunnableProgram program = machine.load(source + "exit");
    assertThat(machine.run(program)).isZero();
    assertThat(machine.run(program)).isZero();
  }

  @Test
  default void eachFunctionHasAFrameOfItsOwn() {
    assertThat(
            run(
                """
                *(u64 *)(r10 -8) = 5
                r1 = r10
                call f
                r1 = *(u64 *)(r10 -8)
                r0 += r1
                exit
                f: *(u64 *)(r10 -8) = 70
                r0 = *(u64 *)(r1 -8)
                r0 *= 100
                r1 -= r10
                r0 += r1
                exit
                """))
        .isEqualTo(500 + 512 + 5);
  }

  @Test
  default void frameStartsZeroedEachTimeItIsEntered() {
    assertThat(
            run(
                """
                call f
                r6 = r0
                call f
                r0 += r6
                exit
                f: r0 = *(u64 *)(r10 -16)
                *(u64 *)(r10 -16) = 1
                exit
                """))
        .isZero();
  }

  @Test
  default void aCalleeWritesIntoItsCallersFrame() {
    assertThat(
            run(
                """
                r1 = r10
                r1 += -8
                call f
                r0 = *(u64 *)(r10 -8)
                exit
                f: r2 = 99
                *(u64 *)(r1 +0) = r2
                r0 = 0
                exit
                """))
        .isEqualTo(99);
  }

  @Test
  default void aCallerHasNoWayIntoACalleesFrame() {
    assertThatThrownBy(() ->
            run(
                """
                call f
                r1 = r0
                r0 = *(u64 *)(r1 -8)
                exit
                f: *(u64 *)(r10 -8) = 1
                r0 = r10
                exit
                """))
        .isInstanceOf(MemoryFault.class)
        .hasMessageContaining("insn 2 (r0 = *(u64 *)(r1 -8))")
        .hasMessageContaining("at fp-520, outside the stack");
  }

  private static String nested(int depth) {
    StringBuilder source = new StringBuilder();
    for (int i = 0; i < depth - 1; i++) {
      source.append("f%d: call f%d\nr0 += 1\nexit\n".formatted(i, i + 1));
    }
    return source + "f%d: r0 = 1\nexit\n".formatted(depth - 1);
  }

  @Test
  default void callsNestEightFramesDeep() {
    assertThat(run(nested(Cpu.MAX_FRAMES))).isEqualTo(Cpu.MAX_FRAMES);
    assertThatThrownBy(() -> run(nested(Cpu.MAX_FRAMES + 1)))
        .isInstanceOf(CallFault.class)
        .hasMessage("prog 'toy' insn 21 (call pc+2): local calls nest deeper than 8 frames");
  }

  @Test
  default void depthIsGivenBackOnReturn() {
    assertThat(
            run(
                """
                r6 = 100
                r7 = 0
                again: call f
                r7 += r0
                r6 -= 1
                if r6 != 0 goto again
                r0 = r7
                exit
                f: call g
                r0 += 1
                exit
                g: r0 = 1
                exit
                """))
        .isEqualTo(200);
  }

  @Test
  default void recursionEndsInAFault() {
    assertThatThrownBy(() -> run("call f\nexit\nf: call f\nexit")).isInstanceOf(CallFault.class);
  }

  /// Of a function that stands before or behind its caller alike.
  @Test
  default void everyCallOfAFunctionCostsOne() {
    String twice = "goto main\nexit\nmain: call f\ncall f\nr0 = 3\nexit\nf: exit";
    assertThat(machine().fuel(2).run(twice)).isEqualTo(3);
    assertThatThrownBy(() -> machine().fuel(1).run(twice))
        .isInstanceOfSatisfying(BudgetExhausted.class, e -> assertThat(e.pc()).isEqualTo(3));
    String back = "call main\nexit\nf: r0 = 3\nexit\nmain: call f\nexit";
    assertThat(machine().fuel(2).run(back)).isEqualTo(3);
    assertThatThrownBy(() -> machine().fuel(1).run(back))
        .isInstanceOfSatisfying(BudgetExhausted.class, e -> assertThat(e.pc()).isEqualTo(4));
  }

  @Test
  default void theBudgetIsSharedByAllFunctions() {
    String source =
        "r6 = 5\nmore: call f\nr6 -= 1\nif r6 != 0 goto more\nr0 = 1\nexit\n"
            + "f: r1 = 5\nagain: r1 -= 1\nif r1 != 0 goto again\nr0 = 0\nexit";
    long needed = 5 + 4 + 5 * 4;
    assertThat(machine().fuel(needed).run(source)).isEqualTo(1);
    assertThatThrownBy(() -> machine().fuel(needed - 1).run(source))
        .isInstanceOf(BudgetExhausted.class);
  }

  @Test
  default void helperCallsAreFree() {
    assertThat(machine().fuel(0).run("call toy_tick#5\nexit")).isEqualTo(ToyPlatform.TICKS);
  }

  @Test
  default void functionsAreCalledThroughRegisters() {
    String source =
        """
        r6 = subprog[f]
        if r2 == 0 goto call
        r6 = subprog[g]
        call: r1 = 20
        callx r6
        exit
        f: r0 = r1
        r0 += 1
        exit
        g: r0 = r1
        r0 += 2
        exit
        """;
    Machine machine = machine();
    RunnableProgram program = machine.load(source);
    assertThat(program.run(machine.cpu(), 0, 0)).isEqualTo(21);
    assertThat(program.run(machine.cpu(), 0, 1)).isEqualTo(22);
    assertThatThrownBy(() -> machine().fuel(0).run(source)).isInstanceOf(BudgetExhausted.class);
  }

  @Test
  default void callsThroughRegistersCountForDepth() {
    assertThatThrownBy(() -> run("r1 = subprog[f]\ncallx r1\nexit\nf: callx r1\nexit"))
        .isInstanceOf(CallFault.class)
        .hasMessageContaining("nest deeper than 8 frames");
  }

  @Test
  default void bareProgramsReachHelpersThroughRegisters() {
    assertThat(run("r2 = 5\ncallx r2\nexit")).isEqualTo(ToyPlatform.TICKS);
  }

  @ParameterizedTest
  @CsvSource({"4", "30", "999", "-1", "4294967301", "-5"})
  default void otherNumbersCannotBeCalled(long target) {
    Machine machine = machine();
    RunnableProgram program = machine.load("callx r1\nexit");
    assertThatThrownBy(() -> program.run(machine.cpu(), target, 0))
        .isInstanceOf(CallFault.class)
        .hasMessage(
            "prog 'toy' insn 0 (callx r1): 0x%x is no function of this program".formatted(target));
  }

  /// One instruction past an entry, and the entry of nothing.
  @Test
  default void onlyEntriesCanBeCalled() {
    for (int delta : new int[] {1, -1, 50}) {
      assertThatThrownBy(() ->
              run("r1 = subprog[f]\nr1 += %d\ncallx r1\nexit\nf: r0 = 1\nexit".formatted(delta)))
          .isInstanceOf(CallFault.class)
          .hasMessageContaining("is no function of this program");
    }
  }

  @Test
  default void typedProgramsReachNoHelperThroughRegisters() {
    Machine machine = machine();
    RunnableProgram program = machine.typed("r2 = 2\ncallx r2\nexit");
    assertThatThrownBy(() -> machine.runTyped(program)).isInstanceOf(CallFault.class);
  }

  @Test
  default void helpersGetTheirFiveArgumentsInOrder() {
    assertThat(run("r1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\ncall toy_weigh#2\nexit"))
        .isEqualTo(54321);
  }

  @Test
  default void helpersReadAndWriteTheStack() {
    assertThat(
            run(
                """
                *(u64 *)(r10 -8) = 0
                r6 = 0
                r1 = r10
                r1 += -8
                r2 = 3
                r3 = 7
                call toy_fill#6
                r6 = *(u64 *)(r10 -8)
                r1 = r10
                r1 += -8
                r2 = 8
                call toy_sum#7
                r6 <<= 8
                r0 |= r6
                exit
                """))
        .isEqualTo(0x0707_0700L | 21);
  }

  @Test
  default void helpersFindMapValues() {
    ToyMap map = ToyMap.of("ports", 4);
    io.bpf4j.mem.Memory.putLong(map.value(3), 33);
    String source =
        """
        *(u32 *)(r10 -4) = %d
        r1 = map[idx:0]
        r2 = r10
        r2 += -4
        call toy_lookup#1
        if r0 == 0 goto out
        r1 = *(u64 *)(r0 +0)
        *(u64 *)(r0 +0) = 34
        r0 = r1
        out: exit
        """;
    Machine machine = machine();
    assertThat(machine.runTyped(machine.typed(source.formatted(3), map))).isEqualTo(33);
    assertThat(io.bpf4j.mem.Memory.getLong(map.value(3))).isEqualTo(34);
    assertThat(machine.runTyped(machine.typed(source.formatted(4), map))).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r1 = 0; r2 = r10; r2 += -4; call toy_lookup#1 | toy_lookup: R1 = 0x0 must be a map of this program
          r1 = map[idx:0]; r2 = 0; call toy_lookup#1  | toy_lookup: R2 = 0x0 must be 4 bytes of readable memory
          r1 = map[idx:0]; r2 = r10; r2 += -3; call toy_lookup#1 | must be 4 bytes of readable memory
          r1 = map[idx:1][0]+0; r2 = 4; r3 = 1; call toy_fill#6 | must be 4 bytes of writable memory
          r1 = map[idx:0][0]+8; r2 = 5; r3 = 1; call toy_fill#6 | must be 5 bytes of writable memory
          r1 = r10; r1 += -8; r2 = 0; r3 = 1; call toy_fill#6 | toy_fill: R2 = 0x0 must be a size from 1 to 536870912
          r1 = r10; r1 += -8; r2 = -1; call toy_sum#7 | toy_sum: R2 = 0xffffffffffffffff must be a size from 0 to 536870912
          r1 = r10; r1 += -8; r2 = 9; call toy_sum#7 | must be 9 bytes of readable memory
          """)
  default void helperArgumentsAreChecked(String source, String words) {
    ToyMap map = ToyMap.of("ports", 4);
    Machine machine = machine();
    RunnableProgram program =
        machine.withMaps(source.replace(';', '\n') + "\nexit", map, ToyMap.readOnly("ro", 1));
    assertThatThrownBy(() -> machine.run(program))
        .isInstanceOf(MemoryFault.class)
        .hasMessageContaining(words);
  }

  @Test
  default void aSizeOfZeroAllowsAnyPointer() {
    assertThat(run("r1 = 0\nr2 = 0\ncall toy_sum#7\nexit")).isZero();
  }

  @Test
  default void runsOfDifferentSlotsDoNotMeet() throws InterruptedException {
    String source =
        """
        r6 = 20000
        r7 = 0
        again: *(u64 *)(r10 -8) = r1
        call f
        r7 += r0
        r6 -= 1
        if r6 != 0 goto again
        r0 = r7
        exit
        f: *(u64 *)(r10 -8) = r1
        r0 = *(u64 *)(r10 -8)
        exit
        """;
    RunnableProgram program = machine().load(source);
    long[] results = new long[4];
    Thread[] threads = new Thread[results.length];
    for (int i = 0; i < threads.length; i++) {
      int index = i;
      Cpu cpu = new Cpu(i);
      threads[i] = Thread.ofPlatform().start(() -> results[index] = program.run(cpu, index, 0));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(results).containsExactly(0, 20_000, 40_000, 60_000);
  }
}
