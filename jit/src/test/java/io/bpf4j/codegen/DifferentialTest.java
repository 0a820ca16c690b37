package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random programs, on the interpreter and on the compiler.
class DifferentialTest {
  @ParameterizedTest
  @ValueSource(ints = {6, 15, 40, 120})
  void randomProgramsEndTheSameOnBothEngines(int statements) {
    check(new Differential(), statements);
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 40, 120})
  void randomProgramsEndTheSameWhenTheyAreSplitIntoManyMethodsAndClasses(int statements) {
    check(new Differential(new JitEngine(new Limits(700, 12, 200))), statements);
  }

  private static void check(Differential differential, int statements) {
    int programs = Integer.getInteger("bpf4j.test.programs", 600);
    long first = Long.getLong("bpf4j.test.seed", 0);
    for (long seed = first; seed < first + programs; seed++) {
      boolean typed = seed % 2 == 0;
      differential.check(RandomProgram.make(new Random(seed), typed, statements), typed, seed);
    }
    assertThat(differential.results()).as("programs that ended well").isPositive();
    assertThat(differential.faults()).as("programs that faulted").isPositive();
  }
}
