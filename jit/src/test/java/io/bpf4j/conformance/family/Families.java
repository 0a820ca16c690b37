package io.bpf4j.conformance.family;

import io.bpf4j.engine.Engine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All families. What the files say is the only source of what is right: the tables of
/// [io.bpf4j.isa] and the engines are what is tested.
public final class Families {
  private final List<Trial> trials = new ArrayList<>(trials());

  /// All programs, made once to be run often; those that are fast come first.
  public Families() {
    trials.sort(Comparator.comparingInt(trial -> trial.insns().size()));
  }

  /// Programs with what must come of them.
  public static List<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    trials.addAll(Arithmetic.trials("arithmetic"));
    trials.addAll(Arithmetic.trials("jumps"));
    trials.addAll(Accesses.trials());
    trials.addAll(Distances.trials());
    return trials;
  }

  /// Programs of one instruction that only a verifier refuses.
  public static List<Trial> refusedByTheKernel() {
    List<Trial> refused = new ArrayList<>(Arithmetic.refused("arithmetic"));
    refused.addAll(Accesses.refused());
    return refused;
  }

  /// Programs with an access that no host lets happen.
  static List<Accesses.Outside> outside() {
    return Accesses.outside();
  }

  /// The accesses outside of what a program may touch that the host lets happen.
  public static List<String> permitted(Host host) {
    return outside().stream()
        .filter(o -> !host.stops(o.name(), o.insns(), o.memoryBytes(), o.map(), o.pc()))
        .map(o -> o.name() + " is permitted")
        .toList();
  }

  /// The first thing that the engine does wrong, or null.
  public @Nullable String firstFailure(Engine engine) {
    Host host = new EngineHost(engine);
    for (Trial trial : trials) {
      List<String> failures = trial.failures(host);
      if (!failures.isEmpty()) {
        return failures.getFirst();
      }
    }
    List<String> permitted = permitted(host);
    return permitted.isEmpty() ? null : permitted.getFirst();
  }
}
