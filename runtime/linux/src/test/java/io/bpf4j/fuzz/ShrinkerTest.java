package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  private static final Insns PROGRAM =
      Assembler.assemble(
          """
          r0 = 0
          r2 = 0x1122334455667788 ll
          again: r0 += 1
          if r0 == 0x5 goto out
          call double
          may_goto again
          goto again
          out: exit
          double: r0 += r0
          exit
          """);

  @Test
  void jumpsAndCallsStillReachWhatTheyDid() {
    assertThat(Shrinker.without(PROGRAM, 1, 1))
        .isEqualTo(
            Assembler.assemble(
                """
                r0 = 0
                again: r0 += 1
                if r0 == 0x5 goto out
                call double
                may_goto again
                goto again
                out: exit
                double: r0 += r0
                exit
                """));
  }

  @Test
  void whatJumpedIntoAGapGoesToWhatFollows() {
    assertThat(Shrinker.without(PROGRAM, 2, 2))
        .isEqualTo(
            Assembler.assemble(
                """
                r0 = 0
                r2 = 0x1122334455667788 ll
                again: call double
                may_goto again
                goto again
                exit
                double: r0 += r0
                exit
                """));
  }
}
