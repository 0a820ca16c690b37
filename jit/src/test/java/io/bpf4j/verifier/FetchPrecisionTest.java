package io.bpf4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Assembler;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A number that an atomic operation fetches from the stack is as unknown as the slot may be on any
/// path. Linux 6.18 forgets to follow it back, takes the second path for the first, and hard-wires
/// the last branch: there this program answers 1 for any input (observed). Our proof must not.
class FetchPrecisionTest {
  private static final String SOURCE =
      """
      r6 = *(u32 *)(r1 +0)
      *(u64 *)(r10 -8) = r6
      if r6 > 100 goto pc+1
      *(u64 *)(r10 -8) = 2
      r7 = 0
      r7 = atomic64_fetch_or((u64 *)(r10 -8), r7)
      r0 = 1
      if r7 == 2 goto pc+1
      r0 = 0
      exit
      """;

  @Test
  void theBranchOnAFetchedNumberStaysOpen() {
    Program program =
        new Program(
            "fetch",
            ProgType.SOCKET_FILTER,
            Assembler.assemble(SOURCE),
            List.of(),
            List.of(new Subprog("fetch", 0)),
            List.of(),
            "GPL");
    Facts facts = Verifier.kernel().verify(program).facts();
    assertThat(facts.isTaken(7)).isTrue();
    assertThat(facts.fallsThrough(7)).isTrue();
    assertThat(facts.isReached(8)).isTrue();
  }
}
