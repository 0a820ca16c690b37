package io.bpf4j.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.mutation.MutationCheck.Fate;
import io.bpf4j.mutation.MutationCheck.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// The suite fails on every engine that is broken in one place.
class MutationTest {
  private static final String STEP = "bpf4j.mutation";

  /// Mutants that may survive, with the reason; one a line: `id: reason`.
  private static Map<String, String> accepted() throws IOException {
    Map<String, String> reasons = new LinkedHashMap<>();
    try (InputStream in =
        Objects.requireNonNull(MutationTest.class.getResourceAsStream("/mutation/survivors.txt"))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      text.lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(line -> {
            String[] parts = line.split(": ", 2);
            reasons.put(parts[0], parts[1]);
          });
    }
    return reasons;
  }

  /// With `-Dbpf4j.mutation=N` every Nth mutant is tried, with 1 all of them; what came of each is
  /// written to `target/mutation.txt`.
  @Test
  @EnabledIfSystemProperty(
      named = STEP,
      matches = "[1-9][0-9]*",
      disabledReason = "takes minutes: -Dbpf4j.mutation=1 tries all mutants, =10 every tenth")
  void theSuiteFailsOnEveryMutant()
      throws IOException, InterruptedException, ReflectiveOperationException {
    wholeEnginesPass();
    Map<String, String> accepted = accepted();
    int step = Integer.getInteger(STEP);
    int count = MutationCheck.mutations().size();
    List<Verdict> verdicts =
        MutationCheck.run(IntStream.range(0, count).filter(i -> i % step == 0).boxed().toList());
    List<String> lines = new ArrayList<>();
    for (Fate fate : Fate.values()) {
      long those = verdicts.stream().filter(v -> v.fate() == fate).count();
      lines.add("%s %d of %d".formatted(fate, those, verdicts.size()));
    }
    for (Verdict verdict : verdicts) {
      lines.add("%s %s: %s".formatted(verdict.fate(), verdict.mutation(), verdict.words()));
    }
    Files.createDirectories(Path.of("target"));
    Files.write(Path.of("target", "mutation.txt"), lines);
    assertThat(verdicts)
        .filteredOn(v -> v.fate() == Fate.SURVIVED)
        .filteredOn(v -> !accepted.containsKey(v.mutation().id()))
        .isEmpty();
    assertThat(verdicts)
        .as("mutants that are said to survive, and do not")
        .filteredOn(v -> v.fate() == Fate.KILLED)
        .filteredOn(v -> accepted.containsKey(v.mutation().id()))
        .isEmpty();
  }

  private static void wholeEnginesPass() throws ReflectiveOperationException {
    String owner = "io/bpf4j/codegen/Lowering";
    Suite suite = new Suite();
    for (String name : List.of("interp", "checked-jit")) {
      assertThat(suite.firstFailure(new MutantLoader(owner, Mutator.bytes(owner)).engine(name)))
          .isNull();
    }
  }

  @Test
  void acceptedMutantsExist() throws IOException {
    List<String> ids = MutationCheck.mutations().stream().map(Mutation::id).toList();
    assertThat(ids)
        .hasSizeGreaterThan(500)
        .doesNotHaveDuplicates()
        .containsAll(accepted().keySet());
  }

  /// A few, in this JVM, which none of them ends.
  @Test
  void theSuiteNoticesWhatIsBroken() throws ReflectiveOperationException {
    Suite suite = new Suite();
    for (String place : new String[] {"Lowering.simple32", "Lowering.movSx", "Op.movSx"}) {
      List<Mutation> all = MutationCheck.mutations();
      Mutation mutation =
          all.stream().filter(m -> m.id().startsWith(place)).findFirst().orElseThrow();
      int number = Mutator.mutations(mutation.owner()).indexOf(mutation);
      byte[] file = Mutator.mutant(mutation.owner(), number);
      String engine = mutation.owner().contains("interp") ? "interp" : "checked-jit";
      assertThat(suite.firstFailure(new MutantLoader(mutation.owner(), file).engine(engine)))
          .as("%s", mutation)
          .isNotNull();
    }
  }
}
