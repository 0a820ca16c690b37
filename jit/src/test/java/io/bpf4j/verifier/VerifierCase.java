package io.bpf4j.verifier;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Insns;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// A program with the kernel's verdict on it, from the text files beside the tests.
///
/// @param family the file
/// @param name unique in its file
/// @param type its program type
/// @param maps names of [BorderMaps#MAPS], by index
/// @param text its instructions
/// @param accepted the verdict
/// @param rule the rule it breaks, in the kernel's words; empty when none is written down
public record VerifierCase(
    String family,
    String name,
    ProgType type,
    List<String> maps,
    String text,
    boolean accepted,
    String rule) {
  /// The files.
  public static final List<String> FAMILIES =
      List.of(
          "arithmetic",
          "atomics",
          "borders",
          "context-pointer",
          "context-read",
          "context-write",
          "functions",
          "helpers",
          "legacy-loads",
          "loops",
          "map-values",
          "packets",
          "precision",
          "references",
          "returns",
          "shape",
          "socket-fields",
          "spills",
          "stack");

  /// All cases of a file.
  public static List<VerifierCase> of(String family) {
    try (InputStream in =
            Objects.requireNonNull(
                VerifierCase.class.getResourceAsStream("/verifier/" + family + ".bpf"), family);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return read(family, lines.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<VerifierCase> read(String family, List<String> lines) {
    List<VerifierCase> cases = new ArrayList<>();
    List<String> block = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("; case: ") && !block.isEmpty()) {
        if (block.getFirst().startsWith("; case: ")) {
          cases.add(one(family, block));
        }
        block.clear();
      }
      block.add(line);
    }
    cases.add(one(family, block));
    return cases;
  }

  private static VerifierCase one(String family, List<String> block) {
    String verdict = directive(block, "verdict");
    String maps = directive(block, "maps");
    return new VerifierCase(
        family,
        directive(block, "case"),
        Objects.requireNonNull(ProgType.named(directive(block, "type"))),
        maps.isEmpty() ? List.of() : List.of(maps.split(" ")),
        String.join("\n", block),
        verdict.equals("accept"),
        verdict.replaceFirst("^(accept|reject) ?", ""));
  }

  private static String directive(List<String> block, String key) {
    String start = "; " + key + ": ";
    for (String line : block) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    return "";
  }

  /// The map specs, by index.
  public List<MapSpec> mapSpecs() {
    return maps.stream().map(BorderMaps::map).toList();
  }

  /// The instructions.
  public Insns insns() {
    return Assembler.assemble(text);
  }

  /// What the verifier is asked.
  public Subject subject() {
    return new Subject(
        name,
        type,
        insns(),
        mapSpecs().stream().map(MapDef::of).toList(),
        List.of(),
        List.of(),
        "GPL",
        0);
  }

  @Override
  public String toString() {
    return family + ": " + name;
  }
}
