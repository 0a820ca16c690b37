package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random programs, on the interpreter and on the compiler.
class DifferentialTest {
  @ParameterizedTest
  @ValueSource(ints = {6, 15, 40})
  void randomProgramsEndTheSameOnBothEngines(int statements) {
    Differential differential = new Differential();
    int programs = Integer.getInteger("bpf4j.test.programs", 1_500);
    long first = Long.getLong("bpf4j.test.seed", 0);
    for (long seed = first; seed < first + programs; seed++) {
      boolean typed = seed % 2 == 0;
      differential.check(RandomProgram.make(new Random(seed), typed, statements), typed, seed);
    }
    assertThat(differential.results()).as("programs that ended well").isGreaterThan(programs / 20);
    assertThat(differential.faults()).as("programs that faulted").isGreaterThan(programs / 20);
  }
}
