package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.isa.Insns;
import io.bpf4j.mem.MemoryBackend;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The compiler over each way of reaching memory: random programs and a program of many accesses,
/// in a JVM that was started for it.
class BackendTest {
  private static final Map<MemoryBackend, List<String>> FLAGS =
      Map.of(
          MemoryBackend.INTERNAL_UNSAFE,
          List.of("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"),
          MemoryBackend.SUN_UNSAFE,
          List.of("--sun-misc-unsafe-memory-access=allow"),
          MemoryBackend.FFM,
          List.of());

  @ParameterizedTest
  @EnumSource(MemoryBackend.class)
  void everyBackendRunsProgramsAsTheInterpreterDoes(MemoryBackend backend) throws Exception {
    List<String> flags = new java.util.ArrayList<>(FLAGS.getOrDefault(backend, List.of()));
    flags.add("-Dbpf4j.memory=" + backend);
    ChildJvm.Result result = ChildJvm.run(BackendTest.class, flags);
    assertThat(result.output()).contains(backend + ": done");
    assertThat(result.exit()).isZero();
  }

  /// What the child JVM does.
  public static void main(String[] args) {
    Differential differential = new Differential();
    for (long seed = 0; seed < 600; seed++) {
      boolean typed = seed % 2 == 0;
      differential.check(RandomProgram.make(new Random(seed), typed, 25), typed, seed);
    }
    Differential proved = new Differential(JitEngine.verified());
    for (long seed = 0; proved.results() < 60; seed++) {
      Insns insns = RandomProgram.make(new Random(seed), true, 2);
      if (proved.takes(insns)) {
        proved.check(insns, true, seed);
      }
    }
    new LargeProgramTest().check(LargeProgramTest.accesses());
    System.out.println(MemoryBackend.current() + ": done");
  }
}
