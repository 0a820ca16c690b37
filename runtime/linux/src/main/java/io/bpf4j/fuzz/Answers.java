package io.bpf4j.fuzz;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What each execution of a case came to, by its name; the first is what the others are held
/// against.
///
/// @param outcomes by the name of an engine, or [#KERNEL]
/// @param refusal why the kernel refuses the program; null when it took it or was not asked
record Answers(Map<String, Outcome> outcomes, @Nullable String refusal) {
  static final String KERNEL = "kernel";

  Answers {
    outcomes = new LinkedHashMap<>(outcomes);
  }

  /// The first execution that differs from the reference.
  ///
  /// @param name which
  /// @param words how
  record Dissent(String name, String words) {
    @Override
    public String toString() {
      return name + ": " + words;
    }
  }

  @Nullable Dissent dissent() {
    Outcome reference = null;
    for (Map.Entry<String, Outcome> entry : outcomes.entrySet()) {
      if (reference == null) {
        reference = entry.getValue();
        continue;
      }
      if (isRefusal(entry)) {
        continue;
      }
      String words = entry.getValue().difference(reference);
      if (words != null) {
        return new Dissent(entry.getKey(), words);
      }
    }
    return null;
  }

  /// Whether the engine that proves programs did not take this one, and the kernel has not shown
  /// that it should.
  private boolean isRefusal(Map.Entry<String, Outcome> entry) {
    return entry.getKey().equals(Comparison.VERIFIED.name())
        && entry.getValue().notRun()
        && !outcomes.containsKey(KERNEL);
  }

  /// The lines of a file `answers.txt`.
  String text() {
    StringBuilder text = new StringBuilder();
    outcomes.forEach((name, outcome) -> text.append(name).append(": ").append(outcome.text()));
    if (refusal != null) {
      text.append(KERNEL).append(": refused: ").append(refusal).append('\n');
    }
    return text.toString();
  }
}
