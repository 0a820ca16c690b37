package io.bpf4j.fuzz;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs cases on every engine and, if asked to, on this machine's kernel. One thread opens, uses
/// and closes it.
final class Comparison implements AutoCloseable {
  /// The reference first.
  static final List<Engine> ENGINES =
      List.of(Engines.named("interp"), Engines.named("checked-jit"));

  /// The engine that runs what is proved: programs that the kernel's verifier takes are to be taken
  /// by ours, so that a refusal is a finding. Proving costs more than all the rest, so one case in
  /// so many is.
  static final Engine VERIFIED = Engines.named("jit");

  static final int VERIFIED_EVERY = 16;

  /// How much stack the kernel's harness shows when a case asks for some.
  static final int STACK = 128;

  /// All of it.
  static final int WHOLE_STACK = 512;

  private final List<Engine> engines;
  private final boolean kernel;
  private final EngineLane lane = new EngineLane();
  private final EngineLane elsewhere = new EngineLane();
  private final Map<Integer, KernelLane> kernels = new LinkedHashMap<>();

  private Comparison(List<Engine> engines, boolean kernel) {
    this.engines = engines;
    this.kernel = kernel;
  }

  /// @param engines which are compared, the reference first
  /// @param kernel whether the kernel is asked too
  /// @throws io.bpf4j.error.ErrnoException when it is and bpf(2) is not permitted
  static Comparison open(List<Engine> engines, boolean kernel) {
    Comparison comparison = new Comparison(engines, kernel);
    if (kernel) {
      comparison.kernel(0);
    }
    return comparison;
  }

  private KernelLane kernel(int stackBytes) {
    return kernels.computeIfAbsent(stackBytes, KernelLane::open);
  }

  /// Runs cases that all show as much of their stack.
  List<Answers> run(List<Case> cases) {
    List<Map<String, Outcome>> outcomes = new ArrayList<>(cases.size());
    for (Case test : cases) {
      outcomes.add(engines(test));
    }
    @Nullable String[] refusals = new @Nullable String[cases.size()];
    if (kernel) {
      kernel(cases.getFirst().stackBytes())
          .run(
              cases,
              (place, answer) -> {
                switch (answer) {
                  case KernelLane.Answer.Ran(Outcome outcome) ->
                      outcomes.get(place).put(Answers.KERNEL, outcome);
                  case KernelLane.Answer.Refused(String reason) -> refusals[place] = reason;
                }
              });
    }
    List<Answers> answers = new ArrayList<>(cases.size());
    for (int i = 0; i < refusals.length; i++) {
      answers.add(new Answers(outcomes.get(i), refusals[i]));
    }
    return answers;
  }

  /// Runs one case.
  Answers run(Case test) {
    return run(List.of(test)).getFirst();
  }

  private Map<String, Outcome> engines(Case test) {
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    for (Engine engine : engines) {
      // The compiler keeps slots of the stack in locals.
      boolean showsStack = engine.equals(engines.getFirst());
      outcomes.put(engine.name(), lane.run(engine, test, showsStack));
    }
    if (isProved(test)) {
      outcomes.put(VERIFIED.name(), lane.run(VERIFIED, test, false));
    }
    return outcomes;
  }

  /// By the input, which stays while a case is made smaller.
  private static boolean isProved(Case test) {
    return Arrays.hashCode(test.input().memory()) % VERIFIED_EVERY == 0;
  }

  /// Whether a program shows nothing of where its memory, stack and maps are, so that the kernel
  /// should answer the same.
  boolean independentOfAddresses(Case test) {
    Engine engine = engines.getFirst();
    return lane.run(engine, test, true).difference(elsewhere.run(engine, test, true)) == null;
  }

  @Override
  public void close() {
    kernels.values().forEach(KernelLane::close);
  }
}
