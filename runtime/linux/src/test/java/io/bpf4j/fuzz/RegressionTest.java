package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.linux.KernelSupport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every case that a search ever saved, on every engine and, where it is permitted, on the kernel.
class RegressionTest {
  private static final Path SAVED = Path.of("..", "..", "regressions");

  @TestFactory
  Stream<DynamicTest> whatOnceDifferedDoesNotDifferAnyMore() throws IOException {
    return new Reproducer(SAVED)
        .folders().stream()
            .map(folder ->
                DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
  }

  private static void check(Path folder) throws IOException {
    List<Engine> engines =
        Stream.concat(Stream.of("interp"), Engines.forBarePrograms().stream())
            .distinct()
            .map(Engines::named)
            .toList();
    try (Comparison comparison = Comparison.open(engines, KernelSupport.permitted())) {
      Answers answers = comparison.run(Reproducer.read(folder));
      assertThat(answers.dissent()).as(answers.text()).isNull();
    }
  }
}
