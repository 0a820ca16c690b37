package io.bpf4j.elf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// The objects of the samples.
final class SampleObjects {
  private static final Path SAMPLES = Path.of("..", "samples");

  private SampleObjects() {}

  static List<Path> all() {
    try (Stream<Path> files = Files.walk(SAMPLES, 2)) {
      return files.filter(f -> f.toString().endsWith(".bpf.o")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path of(String name) {
    return all().stream()
        .filter(f -> f.getFileName().toString().equals(name + ".bpf.o"))
        .findFirst()
        .orElseThrow();
  }

  static ElfSection section(ElfFile elf, String name) {
    return Objects.requireNonNull(elf.section(name), name);
  }
}
