package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.Vector;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The vectors of bpf_conformance on the kernel. They are made for engines without a verifier: it
/// refuses immediate shifts beyond the width and calls of what a register holds.
final class KernelVectorTest {
  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
  }

  @TestFactory
  Stream<DynamicTest> theKernelAgreesWithTheVectors() {
    return Vector.all().stream()
        .map(vector -> DynamicTest.dynamicTest(vector.name(), () -> check(vector)));
  }

  private static void check(Vector vector) {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(vector.memory().length))) {
      runner.memory().copyFrom(MemorySegment.ofArray(vector.memory()));
      if (runner.load(vector.code(), List.of())) {
        assertThat(runner.run()).isEqualTo(vector.result());
      } else {
        assertThat(Loading.reason(runner.answer().log()))
            .matches("invalid shift -?\\d+|unknown opcode 8d");
      }
    }
  }
}
