package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.mem.MemoryBackend;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SteadyJvmTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(MemoryBackend.class)
  void programsRunUntilC2HasCompiledThem(MemoryBackend backend) throws IOException {
    List<String> printed = new ArrayList<>();
    try (SteadyJvm jvm = SteadyJvm.start(backend, folder, "-XX:+PrintCompilation")) {
      for (int number : new int[] {0, 40, 7 * KernelLane.BATCH}) {
        SteadyJvm.Answer answer = jvm.run(number, Fuzzer.make(11, number), printed);
        assertThat(answer.words()).isEqualTo("ok");
        assertThat(answer.ok()).isTrue();
      }
    }
    // Time, number, attributes, level: 4 is C2.
    assertThat(printed)
        .anyMatch(line -> line.matches(" *\\d+ +\\d+ .* 4 +io\\.bpf4j\\.codegen\\.Jit\\$fuzz.*"));
  }

  @Test
  void aJvmThatDiesIsAFinding() throws IOException {
    try (SteadyJvm jvm =
        SteadyJvm.start(MemoryBackend.FFM, folder, "-XX:+UseSerialGC", "-XX:NoSuchFlag=1")) {
      SteadyJvm.Answer answer = jvm.run(0, Fuzzer.make(11, 0));
      assertThat(answer.ok()).isFalse();
      assertThat(answer.words()).isEqualTo("the JVM died: exit 1");
    }
  }
}
