package io.bpf4j.worlds;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes a script on which the sides differ smaller, as long as they still differ: drops stretches
/// of lines, from halves down to single ones, and with a socket or link all lines that name it.
final class WorldShrinker {
  private static final int MOST_TRIES = 2_000;

  private final Twin twin;
  private String step = "";
  private int tries;

  WorldShrinker(Twin twin) {
    this.twin = twin;
  }

  /// The smallest script found on which the same step is answered differently; it ends with that.
  Script shrink(Script script, Step at) {
    step = at.toString();
    List<Script.Line> best = upToDifference(script.lines());
    boolean smaller = true;
    while (smaller && tries < MOST_TRIES) {
      smaller = false;
      for (int length = Math.max(1, best.size() / 2); length >= 1; length /= 2) {
        for (int from = best.size() - 1 - length; from >= 0; from -= length) {
          List<Script.Line> fewer = new ArrayList<>(best);
          fewer.subList(from, from + length).clear();
          fewer = closed(fewer);
          if (fewer.size() < best.size() && differs(fewer)) {
            best = upToDifference(fewer);
            smaller = true;
            from = Math.min(from, best.size() - 1);
          }
        }
      }
    }
    return new Script(best);
  }

  private boolean differs(List<Script.Line> lines) {
    if (tries++ >= MOST_TRIES) {
      return false;
    }
    Twin.Difference difference = difference(lines);
    return difference != null && difference.at().step().toString().equals(step);
  }

  private Twin.@Nullable Difference difference(List<Script.Line> lines) {
    twin.clear();
    try {
      return twin.play(new Script(lines));
    } finally {
      twin.clear();
    }
  }

  private List<Script.Line> upToDifference(List<Script.Line> lines) {
    Twin.Difference difference = difference(lines);
    return difference == null ? lines : List.copyOf(lines.subList(0, difference.line() + 1));
  }

  /// Without lines that name what was not opened or attached before, or is closed.
  static List<Script.Line> closed(List<Script.Line> lines) {
    List<Script.Line> kept = new ArrayList<>();
    List<String> there = new ArrayList<>();
    for (Script.Line line : lines) {
      String name = subject(line.step());
      boolean makes = line.step() instanceof Step.Open || line.step() instanceof Step.Attach;
      if (makes && name != null) {
        there.add(name);
      }
      if (name == null || there.contains(name)) {
        kept.add(line);
      }
      if (line.step() instanceof Step.Close) {
        there.remove(name);
      }
    }
    return kept;
  }

  /// The socket or link that a step is about, or null.
  private static @Nullable String subject(Step step) {
    return switch (step) {
      case Step.Open s -> s.sock();
      case Step.Set s -> s.sock();
      case Step.Get s -> s.sock();
      case Step.Device s -> s.sock();
      case Step.Bind s -> s.sock();
      case Step.Listen s -> s.sock();
      case Step.Connect s -> s.sock();
      case Step.Disconnect s -> s.sock();
      case Step.Shutdown s -> s.sock();
      case Step.Close s -> s.sock();
      case Step.Local s -> s.sock();
      case Step.Put s -> s.sock();
      case Step.Picker s -> s.sock();
      case Step.Unpick s -> s.sock();
      case Step.Attach s -> s.link();
      case Step.Update s -> s.link();
      case Step.Detach s -> s.link();
      case Step.Delete _,
          Step.At _,
          Step.Behave _,
          Step.Choose _,
          Step.Query _,
          Step.Runs _,
          Step.Result _,
          Step.Look _,
          Step.Send _,
          Step.Shake _ ->
          null;
    };
  }
}
