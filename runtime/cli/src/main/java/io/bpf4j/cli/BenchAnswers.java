package io.bpf4j.cli;

import io.bpf4j.error.BpfException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Whether engines that are compared do the same: return value and selected socket on the first
/// inputs. What is fast and wrong must not look like what is fast.
final class BenchAnswers {
  private static final int INPUTS = 512;

  private BenchAnswers() {}

  /// What an engine answers to an input: its words, or why it did not answer.
  private static String answer(ProgramRun run, byte[] input) {
    try {
      ProgramRun.Outcome outcome = run.skLookup(input, 1);
      return outcome.retval() + " " + (outcome.socket() == null ? "-" : outcome.socket());
    } catch (BpfException e) {
      return e.getClass().getSimpleName();
    }
  }

  /// Compares engines with the first of them; what differs goes to the report.
  static void compare(
      String program, Map<String, ProgramRun> runs, List<byte[]> inputs, BenchReport report) {
    List<byte[]> first = inputs.subList(0, Math.min(INPUTS, inputs.size()));
    List<String> expected = new ArrayList<>();
    String reference = "";
    for (Map.Entry<String, ProgramRun> run : runs.entrySet()) {
      List<String> answers = first.stream().map(input -> answer(run.getValue(), input)).toList();
      if (expected.isEmpty()) {
        expected = answers;
        reference = run.getKey();
      }
      for (int i = 0; i < answers.size(); i++) {
        if (!answers.get(i).equals(expected.get(i))) {
          report.complain(
              "prog '%s': input %d: %s answers %s, %s answers %s"
                  .formatted(program, i, reference, expected.get(i), run.getKey(), answers.get(i)));
          break;
        }
      }
    }
  }
}
