package io.bpf4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.bpf4j.hostile.Survival;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/// Files and lines that are given to commands: fuzzed for long with `mvn -P fuzz`; in every build
/// run on seeds, on what Jazzer found, and on some hundred damaged inputs.
class InputJazzerTest {
  private static Stream<byte[]> bytes(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(UTF_8));
  }

  static Stream<byte[]> maps() {
    return bytes(
        "[{\"key\":\"01000000\",\"value\":\"2a00000000000000\"},"
            + "{\"key\":\"0x02000000\",\"socket\":\"tcp [::1]:7777\"},"
            + "{\"key\":\"03 00 00 00\",\"socket\":\"udp 127.0.0.1:53\"}]",
        "[]",
        "{\"key\":\"\"}");
  }

  @MethodSource("maps")
  @FuzzTest(maxDuration = "10m")
  void elementsOfMapsAreReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("map", ".json");
    try {
      Files.write(file, bytes);
      Survival.check(() -> MapSetup.parse("m=@" + file), List.of(UsageException.class));
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void damagedElementsOfMapsAreReadOrRefused() throws IOException {
    for (byte[] bytes : Survival.damaged(150, maps().toArray(byte[][]::new)).toList()) {
      elementsOfMapsAreReadOrRefused(bytes);
    }
  }

  static Stream<byte[]> batches() {
    return bytes(
        "1\t0011\tb7000000050000009500000000000000\t--cpu_version v4\n",
        "2\t\tb7 00 00 00 05 00 00 00 95 00 00 00 00 00 00 00\t\n3\t\t95\n",
        "4\t00112233\t7110010000000000150001000500000018010000010000000000000002000000"
            + "0f10000000000000dc000000200000009500000000000000\t--interpret\n");
  }

  /// Every line gets its answer.
  @MethodSource("batches")
  @FuzzTest(maxDuration = "10m")
  void linesOfABatchAreAnswered(byte[] bytes) {
    long lines = new String(bytes, UTF_8).chars().filter(c -> c == '\n').count();
    boolean open = bytes.length > 0 && bytes[bytes.length - 1] != '\n';
    Survival.check(
        () -> {
          Cli cli = Cli.run(bytes, "plugin", "--batch", "--engine", "interp");
          Survival.hold(cli.code() == 0 && cli.err().isEmpty(), cli.err());
          long answers = cli.out().chars().filter(c -> c == '\n').count();
          Survival.hold(answers == lines + (open ? 1 : 0), answers + " answers");
        },
        List.of());
  }

  @Test
  void damagedLinesOfABatchAreAnswered() {
    Survival.damaged(150, batches().toArray(byte[][]::new)).forEach(this::linesOfABatchAreAnswered);
  }
}
