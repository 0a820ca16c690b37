package io.bpf4j.worlds;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every script that a search ever saved, played on both sides.
final class WorldRegressionTest extends Twins {
  private static final Path SAVED = Path.of("..", "..", "regressions");

  @TestFactory
  Stream<DynamicTest> whatOnceDifferedDoesNotDifferAnyMore() throws IOException {
    return saved().stream()
        .map(file ->
            DynamicTest.dynamicTest(
                file.getFileName().toString(),
                () -> {
                  clear();
                  prove(Files.readString(file));
                }));
  }

  private static List<Path> saved() throws IOException {
    if (!Files.isDirectory(SAVED)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(SAVED)) {
      return files.filter(f -> f.toString().endsWith(WorldFuzzer.SUFFIX)).sorted().toList();
    }
  }
}
