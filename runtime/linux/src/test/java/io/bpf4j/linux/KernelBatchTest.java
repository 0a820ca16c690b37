package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.bpf4j.map.MapTypes;
import io.bpf4j.prog.MapSpec;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KernelBatchTest {
  private static final String FACTORIAL =
      """
      r6 = r1
      r1 = *(u64 *)(r1 + 0)
      r1 &= 15
      call factorial
      *(u64 *)(r6 + 8) = r0
      exit
      factorial:
      r0 = 1
      loop: if r1 == 0 goto done
      r0 *= r1
      r1 -= 1
      goto loop
      done: exit
      """;

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  private static void load(KernelBatch batch) {
    assertThat(batch.load()).as(() -> batch.answer().log()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 64, 512})
  void programsDoAsTheyDoAlone(int stackBytes) {
    String[] texts = {
      "r0 = 0x1122334455667788 ll\n*(u64 *)(r10 - 8) = r0\nexit",
      FACTORIAL,
      "r0 = *(u64 *)(r1 + 0)\nif r0 > 5 goto big\nr0 = r2\nexit\nbig: *(u32 *)(r1 + 4) = 1\nexit",
      "r0 = *(u64 *)(r10 - 8)\nr0 += 1\nexit",
      FACTORIAL,
    };
    RunOptions options = RunOptions.memory(16).withStack(stackBytes);
    try (KernelBatch batch = KernelBatch.open(options, 8);
        KernelRunner alone = KernelRunner.open(options)) {
      for (int input : new int[] {3, 9}) {
        batch.clear();
        for (String text : texts) {
          int i = batch.add(Live.code(text), List.of());
          batch.memory(i).fill((byte) 0).set(ValueLayout.JAVA_INT, 0, input + i);
        }
        load(batch);
        batch.run();
        for (int i = 0; i < texts.length; i++) {
          alone.memory().fill((byte) 0).set(ValueLayout.JAVA_INT, 0, input + i);
          assertThat(alone.load(Live.code(texts[i]), List.of())).isTrue();
          long expected = alone.run();
          // Without a cleared stack, what lies on it is anything.
          if (i != 3 || stackBytes > 0) {
            assertThat(batch.r0(i)).as("R0 of program %d", i).isEqualTo(expected);
          }
          assertThat(batch.memory(i).mismatch(alone.memory())).isEqualTo(-1);
          assertThat(batch.stack(i).mismatch(alone.stack())).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void eachProgramHasItsOwnMaps() {
    String text =
        "r3 = map[idx:0][0]+0\nr4 = *(u64 *)(r3 + 0)\nr4 += 1\n*(u64 *)(r3 + 0) = r4\nr0 = r4\nexit";
    MapSpec spec = MapSpec.of("own", MapTypes.ARRAY, 4, 8, 1, 0);
    try (KernelBatch batch = KernelBatch.open(RunOptions.memory(8), 3);
        KernelMap one = KernelMap.create(spec);
        KernelMap two = KernelMap.create(spec)) {
      batch.add(Live.code(text), List.of(one));
      batch.add(Live.code(text), List.of(two));
      batch.add(Live.code(text), List.of(one));
      load(batch);
      batch.run();
      assertThat(new long[] {batch.r0(0), batch.r0(1), batch.r0(2)}).containsExactly(1, 1, 2);
      assertThat(one.lookupElem(new byte[4])).startsWith(2);
      assertThat(two.lookupElem(new byte[4])).startsWith(1);
    }
  }

  @Test
  void callbacksFindTheirFunctions() {
    String text =
        """
        *(u64 *)(r10 - 8) = 0
        r1 = 10
        r2 = subprog[add]
        r3 = r10
        r3 += -8
        r4 = 0
        call helper#181
        r0 = *(u64 *)(r10 - 8)
        exit
        add:
        r3 = *(u64 *)(r2 + 0)
        r3 += r1
        *(u64 *)(r2 + 0) = r3
        r0 = 0
        exit
        """;
    try (KernelBatch batch = KernelBatch.open(RunOptions.memory(8), 2)) {
      batch.add(Live.code(text), List.of());
      batch.add(Live.code(text), List.of());
      load(batch);
      batch.run();
      assertThat(batch.r0(0)).isEqualTo(45);
      assertThat(batch.r0(1)).isEqualTo(45);
      batch.clear();
      batch.add(Live.code("r0 = 1\nexit"), List.of());
      load(batch);
    }
  }

  @Test
  void sixtyProgramsOfManyPathsStayCheapToVerify() {
    StringBuilder text = new StringBuilder("r0 = *(u64 *)(r1 + 0)\n");
    for (int i = 0; i < 8; i++) {
      text.append("if r0 s> ").append(i * 100).append(" goto l").append(i).append("\nr0 += ");
      text.append(i + 1).append("\nl").append(i).append(": ");
    }
    text.append("exit");
    try (KernelBatch batch = KernelBatch.open(RunOptions.memory(8), 60)) {
      for (int i = 0; i < 60; i++) {
        batch
            .memory(batch.add(Live.code(text.toString()), List.of()))
            .set(ValueLayout.JAVA_LONG, 0, 50L * i);
      }
      load(batch);
      batch.run();
      assertThat(batch.r0(0)).isEqualTo(36);
      assertThat(batch.r0(59)).isEqualTo(50 * 59);
      batch.run();
      assertThat(batch.r0(59)).isEqualTo(50 * 59);
    }
  }

  @Test
  void programsThatLeaveTheirCodeCannotStandNextToOthers() {
    try (KernelBatch batch = KernelBatch.open(RunOptions.memory(8), 1)) {
      refuse(batch, new byte[0], "its entry function does not end with exit or a jump");
      refuse(batch, Live.code("r0 = 0"), "its entry function does not end with exit or a jump");
      refuse(batch, Live.code("gotol +3\nexit".replace("+3", "pc+3")), "the jump of insn 0");
      refuse(batch, Live.code("r0 = 0\ngoto pc-4"), "the jump of insn 1");
      refuse(batch, Live.code("call pc+7\nexit"), "insn 0 refers to no function");
      refuse(batch, Live.code("r0 = 0\ncall pc-2\nexit"), "insn 1 refers to no function");
      refuse(
          batch,
          Live.code("call f\nexit\nf: r0 = 0\ngoto pc-3\nexit"),
          "the jump of insn 3 leaves its function");
      byte[] cut = {0x18, 0, 0, 0, 0, 0, 0, 0};
      refuse(batch, cut, "the second half of the last insn is missing");
      assertThat(batch.size()).isZero();
    }
  }

  private static void refuse(KernelBatch batch, byte[] program, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> batch.add(program, List.of()))
        .withMessageContaining(why);
    // Alone, the kernel refuses it too.
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(8))) {
      assertThat(runner.load(program, List.of())).isFalse();
      assertThat(runner.answer()).isInstanceOf(LoadResult.Refused.class);
    }
  }

  @Test
  void aFullBatchSaysSo() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KernelBatch.open(RunOptions.memory(8), 61))
        .withMessage("61 programs: a batch holds 1 to 60");
    try (KernelBatch batch = KernelBatch.open(RunOptions.memory(8), 1)) {
      byte[] program = Live.code("r0 = 1\nexit");
      batch.add(program, List.of());
      assertThatIllegalStateException()
          .isThrownBy(() -> batch.add(program, List.of()))
          .withMessage("the batch holds its 1 programs");
    }
  }
}
