package io.bpf4j.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A vector of bpf_conformance: a program, the memory it gets, what R0 must be in the end.
///
/// @param name the file's name without its suffix
/// @param code the program's bytes
/// @param memory bytes in R1 and their number in R2; may be empty
/// @param result R0
public record Vector(String name, byte[] code, byte[] memory, long result) {

  /// The vectors of the folder `conformance` of the foreign corpora; skips the test without them.
  public static List<Vector> all() {
    String corpora = System.getenv("BPF4J_CORPORA");
    Assumptions.assumeTrue(corpora != null, "BPF4J_CORPORA names no folder of foreign corpora");
    try (Stream<Path> files = Files.list(Path.of(String.valueOf(corpora), "conformance"))) {
      return files
          .filter(file -> file.toString().endsWith(".data"))
          .sorted()
          .map(Vector::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Vector read(Path file) {
    Map<String, List<String>> sections = new LinkedHashMap<>();
    List<String> section = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("-- ")) {
          section = sections.computeIfAbsent(line.substring(3).strip(), _ -> new ArrayList<>());
        } else {
          section.add(line.replaceFirst("#.*", "").strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String name = file.getFileName().toString().replaceFirst("\\.data$", "");
    List<String> none = List.of();
    byte[] code =
        sections.containsKey("raw")
            ? raw(sections.getOrDefault("raw", none))
            : UbpfAssembler.assemble(sections.getOrDefault("asm", none));
    String memory = String.join("", sections.getOrDefault("mem", none)).replaceAll("\\s", "");
    String result =
        sections.getOrDefault("result", none).stream()
            .filter(line -> !line.isEmpty())
            .reduce("", (_, last) -> last);
    return new Vector(name, code, HexFormat.of().parseHex(memory), UbpfAssembler.number(result));
  }

  private static byte[] raw(List<String> lines) {
    List<String> numbers = lines.stream().filter(line -> !line.isEmpty()).toList();
    ByteBuffer out = ByteBuffer.allocate(8 * numbers.size()).order(ByteOrder.LITTLE_ENDIAN);
    numbers.forEach(number -> out.putLong(UbpfAssembler.number(number)));
    return out.array();
  }
}
