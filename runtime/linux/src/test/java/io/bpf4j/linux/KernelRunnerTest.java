package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class KernelRunnerTest {
  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  private static long run(KernelRunner runner, String text, KernelMap... maps) {
    assertThat(runner.load(Live.code(text), List.of(maps)))
        .as(() -> runner.answer().log())
        .isTrue();
    return runner.run();
  }

  @ParameterizedTest
  @EnumSource(
      value = ProgType.class,
      names = {"SOCKET_FILTER", "SCHED_CLS", "XDP", "RAW_TRACEPOINT", "SYSCALL", "SK_LOOKUP"})
  void everyBitOfTheResultIsSeen(ProgType type) {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(16).withType(type))) {
      assertThat(run(runner, "r0 = 0x1122334455667788 ll\nexit")).isEqualTo(0x1122334455667788L);
      assertThat(run(runner, "r0 = -1\nexit")).isEqualTo(-1);
    }
  }

  @Test
  void memoryGoesInAndOut() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(24))) {
      MemorySegment memory = runner.memory();
      assertThat(memory.byteSize()).isEqualTo(24);
      memory.set(ValueLayout.JAVA_LONG, 0, 0x0102030405060708L);
      assertThat(
              run(
                  runner,
                  """
                  r0 = *(u64 *)(r1 + 0)
                  *(u32 *)(r1 + 20) = r2
                  r0 += r2
                  exit
                  """))
          .isEqualTo(0x0102030405060708L + 24);
      assertThat(memory.get(ValueLayout.JAVA_INT, 20)).isEqualTo(24);
      memory.set(ValueLayout.JAVA_LONG, 0, 1);
      assertThat(runner.run()).isEqualTo(25);
    }
  }

  @Test
  void whatLeavesTheMemoryIsRefusedOnBothSides() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(24))) {
      for (String access : new String[] {"r1 + 17", "r1 - 1", "r1 + 24"}) {
        assertThat(runner.load(Live.code("r0 = *(u64 *)(" + access + ")\nexit"), List.of()))
            .as(access)
            .isFalse();
        assertThat(runner.answer().log()).contains("invalid access to map value");
      }
      assertThatIllegalStateException().isThrownBy(runner::run).withMessage("no program is loaded");
    }
  }

  @Test
  void theStackStartsAsZerosAndIsShown() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8).withStack(512))) {
      assertThat(
              run(
                  runner,
                  """
                  r0 = *(u64 *)(r10 - 256)
                  r1 = 0x0a0b0c0d
                  *(u32 *)(r10 - 4) = r1
                  *(u8 *)(r10 - 512) = 9
                  exit
                  """))
          .isZero();
      assertThat(runner.stack().byteSize()).isEqualTo(512);
      assertThat(runner.stack().get(ValueLayout.JAVA_INT, 508)).isEqualTo(0x0a0b0c0d);
      assertThat(runner.stack().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 9);
      assertThat(runner.stack().asSlice(1, 507).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }
  }

  @Test
  void onlyTheExitsOfTheEntryFunctionEndTheRun() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8))) {
      String text =
          """
          r6 = r1
          r1 = 5
          call factorial
          r1 = *(u64 *)(r6 + 0)
          if r1 == 0 goto early
          r0 = -r0
          exit
          early: exit
          factorial:
          r0 = 1
          loop: if r1 == 0 goto done
          r0 *= r1
          r1 -= 1
          goto loop
          done: exit
          """;
      assertThat(run(runner, text)).isEqualTo(120);
      runner.memory().set(ValueLayout.JAVA_LONG, 0, 1);
      assertThat(runner.run()).isEqualTo(-120);
    }
  }

  @Test
  void functionsUseTheWholeDepthAndStackThatAProgramHas() {
    StringBuilder text = new StringBuilder("*(u64 *)(r10 - 296) = 1\ncall f1\nexit\n");
    for (int depth = 1; depth < 8; depth++) {
      text.append("f").append(depth).append(":\n*(u64 *)(r10 - 8) = 1\nr0 = ").append(depth);
      text.append(depth < 7 ? "\ncall f" + (depth + 1) + "\nr0 += 1\nexit\n" : "\nexit\n");
    }
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8))) {
      assertThat(run(runner, text.toString())).isEqualTo(7 + 6);
    }
  }

  @Test
  void exitsFarFromTheEpilogueFindIt() {
    String text =
        "r0 = *(u64 *)(r1 + 0)\nif r0 != 0 goto on\nexit\non:\n"
            + "r0 += 1\n".repeat(40_000)
            + "exit";
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8))) {
      assertThat(run(runner, text)).isZero();
      runner.memory().set(ValueLayout.JAVA_LONG, 0, 5);
      assertThat(runner.run()).isEqualTo(40_005);
    }
  }

  @Test
  void withoutMemoryTheArgumentsAreZero() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(0))) {
      assertThat(run(runner, "r0 = r1\nr0 |= r2\nexit")).isZero();
    }
  }

  @Test
  void programsSeeTheMapsTheyAreGiven() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8));
        KernelMap map = KernelMap.create(MapSpec.of("own", MapTypes.ARRAY, 4, 8, 1, 0))) {
      assertThat(
              run(
                  runner,
                  """
                  r3 = map[idx:0][0]+0
                  *(u64 *)(r3 + 0) = 6
                  *(u64 *)(r1 + 0) = 7
                  r0 = 8
                  exit
                  """,
                  map))
          .isEqualTo(8);
      assertThat(map.lookupElem(new byte[4])).startsWith(6);
      assertThat(runner.memory().get(ValueLayout.JAVA_LONG, 0)).isEqualTo(7);
    }
  }

  @Test
  void packetLoadsReadThePacketAndEndTheProgramBeyondIt() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.context(ProgType.SOCKET_FILTER, 64))) {
      // A socket filter is handed what follows the 14 bytes of the Ethernet header.
      runner.packet().set(ValueLayout.JAVA_INT_UNALIGNED, 14, 0x44332211);
      assertThat(run(runner, "r6 = r1\nr0 = *(u32 *)skb[0]\nexit")).isEqualTo(0x11223344);
      assertThat(run(runner, "r6 = r1\nr0 = *(u32 *)skb[4000]\nr0 = 5\nexit")).isZero();
    }
  }

  @Test
  void aRefusedProgramLeavesTheRunnerUsable() {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8))) {
      assertThat(runner.load(Live.code("exit"), List.of())).isFalse();
      assertThat(runner.answer())
          .isInstanceOfSatisfying(
              LoadResult.Refused.class,
              refused -> {
                assertThat(refused.log()).contains("R0 !read_ok");
                assertThat(refused.refusal()).hasMessageContaining("R0 !read_ok");
              });
      assertThat(run(runner, "r0 = 3\nexit")).isEqualTo(3);
    }
  }

  @Test
  void stacksOfOddSizesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RunOptions.memory(8).withStack(513))
        .withMessageContaining("a stack of 513 bytes");
  }

  @Test
  void thousandsOfProgramsInARow() {
    byte[] code = Live.code("r0 = 1\nr0 <<= 40\nr0 += 77\nexit");
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(64))) {
      for (int i = 0; i < 2000; i++) {
        code[20] = (byte) i;
        assertThat(runner.load(code, List.of())).isTrue();
        assertThat(runner.run()).isEqualTo((1L << 40) + (i & 0xff));
      }
    }
  }
}
