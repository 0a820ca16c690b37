package io.bpf4j.fuzz;

import io.bpf4j.error.InputException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Cases on which executions differed, each in a folder named by a hash of it:
///
/// ```
/// program.bpf   assembly; what differed and where it came from as comments
/// input.txt     memory and maps in hexadecimal, and how much stack is compared
/// answers.txt   what each execution did when the case was found
/// ```
final class Reproducer {
  private static final String PROGRAM = "program.bpf";
  private static final String INPUT = "input.txt";
  private static final String ANSWERS = "answers.txt";

  private final Path root;

  /// @param root the folder that the others are in
  Reproducer(Path root) {
    this.root = root;
  }

  /// Saves a case.
  ///
  /// @param origin where it came from
  FuzzReport.Mismatch save(Case test, Answers answers, String origin) {
    Answers.Dissent dissent = answers.dissent();
    return save(test, String.valueOf(dissent), answers.text(), origin);
  }

  FuzzReport.Mismatch save(Case test, String what, String answers, String origin) {
    String program = assembly(test.insns());
    String input = test.input().text() + "stack " + test.stackBytes() + "\n";
    Path folder = root.resolve(hash(program + input));
    try {
      Files.createDirectories(folder);
      String comment =
          ("what: " + what + "\nfrom: " + origin)
              .lines()
              .map(line -> "; " + line + "\n")
              .reduce("", String::concat);
      Files.writeString(folder.resolve(PROGRAM), comment + program);
      Files.writeString(folder.resolve(INPUT), input);
      Files.writeString(folder.resolve(ANSWERS), answers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new FuzzReport.Mismatch(what, folder);
  }

  /// The folders of saved cases, by name.
  List<Path> folders() throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(folder -> Files.exists(folder.resolve(PROGRAM))).sorted().toList();
    }
  }

  /// Reads a saved case.
  ///
  /// @throws InputException when the input lacks something
  static Case read(Path folder) throws IOException {
    Insns insns = Assembler.assemble(Files.readString(folder.resolve(PROGRAM)));
    Map<String, String> values = new HashMap<>();
    for (String line : Files.readAllLines(folder.resolve(INPUT))) {
      String[] words = line.strip().split(" ", 2);
      values.put(words[0], words.length == 1 ? "" : words[1]);
    }
    Path file = folder.resolve(INPUT);
    HexFormat hex = HexFormat.of();
    Input input =
        new Input(
            hex.parseHex(value(values, "memory", file)),
            hex.parseHex(value(values, "array", file)),
            Integer.parseInt(value(values, "present", file)),
            hex.parseHex(value(values, "hash", file)),
            hex.parseHex(value(values, "single", file)));
    return new Case(insns, input, Integer.parseInt(value(values, "stack", file)));
  }

  private static String value(Map<String, String> values, String key, Path file) {
    String value = values.get(key);
    if (value == null) {
      throw new InputException(file.toString(), "", "has no line '" + key + "'");
    }
    return value;
  }

  /// A program as text that [Assembler] reads.
  static String assembly(Insns insns) {
    StringBuilder text = new StringBuilder();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      text.append(Disassembler.text(insns, pc)).append('\n');
    }
    return text.toString();
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
