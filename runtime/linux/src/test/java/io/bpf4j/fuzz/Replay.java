package io.bpf4j.fuzz;

import io.bpf4j.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A saved case that was run again, beside what was recorded when it was saved.
///
/// @param recorded by the name of an execution: the lines of `answers.txt`
/// @param answers of today
record Replay(Map<String, String> recorded, Answers answers) {
  /// Runs a case.
  ///
  /// @param engines the reference first
  /// @param kernel whether the kernel is asked too
  static Replay of(Path folder, List<Engine> engines, boolean kernel) throws IOException {
    try (Comparison comparison = Comparison.open(engines, kernel)) {
      Answers answers = comparison.run(Reproducer.read(folder));
      return new Replay(recorded(Files.readAllLines(folder.resolve("answers.txt"))), answers);
    }
  }

  private static Map<String, String> recorded(List<String> lines) {
    Map<String, String> recorded = new LinkedHashMap<>();
    String name = "";
    for (String line : lines) {
      int colon = line.indexOf(": ");
      if (!line.startsWith(" ") && colon > 0) {
        name = line.substring(0, colon);
        line = line.substring(colon + 2);
      }
      recorded.merge(name, line + "\n", String::concat);
    }
    return recorded;
  }

  /// What is not as it must be: engines that differ from each other or from what they did when the
  /// case was saved, and a kernel that does what it neither did then nor the engines do.
  List<String> differences() {
    List<String> differences = new ArrayList<>();
    Outcome reference = answers.outcomes().values().iterator().next();
    answers
        .outcomes()
        .forEach((name, outcome) -> {
          boolean kernel = name.equals(Answers.KERNEL);
          String other = outcome.difference(reference);
          String then = recorded.get(name);
          boolean asThen = then != null && text(outcome.text()).equals(text(then));
          if (other != null && !(kernel && asThen)) {
            differences.add("%s: %s".formatted(name, other));
          } else if (!kernel && then != null && !asThen) {
            differences.add("%s: it was\n%sand is\n%s".formatted(name, then, outcome.text()));
          }
        });
    return differences;
  }

  /// Faults name addresses, which are others each time.
  private static String text(String outcome) {
    return outcome.startsWith("r0 ") ? outcome : outcome.replaceAll("0x[0-9a-f]{7,}", "0x");
  }

  /// What became of a kernel that was wrong when the case was saved, if it is not any more: it
  /// answers as the engines do, or refuses the program.
  @Nullable String mended() {
    String then = recorded.get(Answers.KERNEL);
    String engines = recorded.values().iterator().next();
    if (then == null || then.startsWith("refused: ") || text(then).equals(text(engines))) {
      return null;
    }
    if (answers.refusal() != null) {
      return "the kernel, which was wrong here, refuses the program: " + answers.refusal();
    }
    Outcome kernel = answers.outcomes().get(Answers.KERNEL);
    Outcome reference = answers.outcomes().values().iterator().next();
    return kernel != null && kernel.difference(reference) == null
        ? "the kernel, which was wrong here, is mended: it answers as the engines do"
        : null;
  }
}
