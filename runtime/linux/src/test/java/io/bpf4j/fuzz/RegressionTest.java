package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.isa.Insn;
import io.bpf4j.linux.KernelSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Every case that was ever saved, on every engine and, where it is permitted, on the kernel. Where
/// the kernel was wrong it may be so for ever; when it is not any more the test is skipped and says
/// so.
class RegressionTest {
  private static final Path SAVED = Path.of("..", "..", "regressions");

  private static List<Engine> engines() {
    return Stream.concat(Stream.of("interp"), Engines.forBarePrograms().stream())
        .distinct()
        .map(Engines::named)
        .toList();
  }

  private static List<Path> folders() throws IOException {
    return new Reproducer(SAVED).folders();
  }

  @TestFactory
  Stream<DynamicTest> whatOnceDifferedIsAsItWasSaved() throws IOException {
    return folders().stream()
        .map(folder ->
            DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
  }

  private static void check(Path folder) throws IOException {
    Replay replay = Replay.of(folder, engines(), KernelSupport.permitted());
    assertThat(replay.differences()).as(replay.answers().text()).isEmpty();
    String mended = replay.mended();
    assumeTrue(mended == null, mended);
  }

  @Test
  void theFaultsOfTheKernelThatWeKnowAreSaved() throws IOException {
    List<Replay> wrong = new ArrayList<>();
    for (Path folder : folders()) {
      Replay replay = Replay.of(folder, engines(), false);
      if (replay.recorded().containsKey("interp") && replay.recorded().containsKey("kernel")) {
        wrong.add(replay);
      }
    }
    assertThat(wrong).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void anEngineThatAnswersOtherwiseThanRecordedIsNoticed(@TempDir Path copy) throws IOException {
    for (Path folder : folders()) {
      for (String file : List.of("program.bpf", "input.txt", "answers.txt")) {
        Files.writeString(copy.resolve(file), Files.readString(folder.resolve(file)));
      }
      assertThat(Replay.of(copy, engines(), false).differences()).isEmpty();
      Path answers = copy.resolve("answers.txt");
      Files.writeString(answers, Files.readString(answers).replace("jit: r0 0x", "jit: r0 0x7"));
      assertThat(Replay.of(copy, engines(), false).differences())
          .singleElement()
          .asString()
          .startsWith("checked-jit: it was\nr0 0x7");
    }
  }

  @Test
  void anEngineThatDiffersFromTheOthersIsNoticed(@TempDir Path root) throws IOException {
    Case swaps = Fuzzer.make(9, 0);
    for (int i = 1; swaps.insns().toList().stream().noneMatch(Insn.Swap.class::isInstance); i++) {
      swaps = Fuzzer.make(9, i);
    }
    Path folder;
    try (Comparison honest = Comparison.open(Comparison.ENGINES, false)) {
      folder = new Reproducer(root).save(swaps, honest.run(swaps), "a test").folder();
    }
    assertThat(Replay.of(folder, engines(), false).differences()).isEmpty();
    List<Engine> engines = new ArrayList<>(engines());
    engines.add(new LyingEngine());
    assertThat(Replay.of(folder, engines, false).differences())
        .singleElement()
        .asString()
        .startsWith("liar: r0 0x");
  }

  @Test
  void aKernelThatIsMendedIsToldOf(@TempDir Path copy) throws IOException {
    assumeTrue(KernelSupport.permitted(), KernelSupport.whyNot());
    // A program on which the kernel is right, recorded as if it had been wrong.
    Files.writeString(copy.resolve("program.bpf"), "r0 = 5\nexit\n");
    Files.writeString(
        copy.resolve("input.txt"), Files.readString(folders().getFirst().resolve("input.txt")));
    try (Comparison comparison = Comparison.open(Comparison.ENGINES, true)) {
      String text = comparison.run(Reproducer.read(copy)).text();
      Files.writeString(
          copy.resolve("answers.txt"), text.replace("kernel: r0 0x5", "kernel: r0 0x6"));
    }
    Replay replay = Replay.of(copy, engines(), true);
    assertThat(replay.differences()).isEmpty();
    assertThat(replay.mended()).endsWith("is mended: it answers as the engines do");
  }

  @Test
  void aKernelThatIsWrongInANewWayIsNoticed(@TempDir Path copy) throws IOException {
    assumeTrue(KernelSupport.permitted(), KernelSupport.whyNot());
    for (Path folder : folders()) {
      Replay now = Replay.of(folder, engines(), true);
      Outcome kernel = now.answers().outcomes().get(Answers.KERNEL);
      Outcome reference = now.answers().outcomes().get("interp");
      assumeTrue(kernel != null && reference != null && kernel.difference(reference) != null);
      for (String file : List.of("program.bpf", "input.txt", "answers.txt")) {
        Files.writeString(copy.resolve(file), Files.readString(folder.resolve(file)));
      }
      Path answers = copy.resolve("answers.txt");
      Files.writeString(
          answers, Files.readString(answers).replaceFirst("kernel: r0 0x", "kernel: r0 0x7"));
      assertThat(Replay.of(copy, engines(), true).differences())
          .singleElement()
          .asString()
          .startsWith("kernel: r0 0x");
    }
  }
}
