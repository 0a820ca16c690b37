package io.bpf4j.sim.scenario;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Guesses which word was meant.
public final class Nearest {
  private static final int LISTED = 12;

  private Nearest() {}

  /// What to say after naming an unknown word: `; did you mean 'web4'?`, or the known ones when
  /// none is near and they are few.
  public static String hint(String given, Collection<String> known) {
    List<String> words = known.stream().distinct().toList();
    if (words.isEmpty()) {
      return "; there is none";
    }
    String nearest =
        words.stream().min(Comparator.comparingInt(w -> distance(given, w))).orElseThrow();
    if (distance(given, nearest) <= Math.max(1, given.length() / 3)) {
      return "; did you mean '" + nearest + "'?";
    }
    return words.size() > LISTED ? "" : "; known: " + String.join(", ", words);
  }

  /// How many edits lead from one word to the other: insertions, deletions, replacements, and swaps
  /// of neighbours (optimal string alignment).
  static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] free = before;
      before = last;
      last = row;
      row = free;
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(last[j], row[j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
    }
    return row[b.length()];
  }
}
