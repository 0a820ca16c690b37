package io.bpf4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.Engines;
import io.bpf4j.isa.Insn;
import io.bpf4j.linux.KernelSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzerTest {
  @TempDir Path folder;

  private FuzzOptions options(long seed, boolean kernel) {
    return new FuzzOptions(3, seed, kernel, folder, 2, () -> false, _ -> {});
  }

  @Test
  void theEnginesAgree() {
    FuzzReport report = Fuzzer.run(options(1, false));
    assertThat(report.programs()).isPositive();
    assertThat(report.mismatches()).isEmpty();
    assertThat(report.refused()).isZero();
  }

  @Test
  void theEnginesAgreeWithTheKernel() {
    assumeTrue(KernelSupport.permitted(), KernelSupport.whyNot());
    FuzzReport report = Fuzzer.run(options(2, true));
    assertThat(report.programs()).isPositive();
    assertThat(report.mismatches()).isEmpty();
    assertThat(report.refused()).isLessThan(1 + report.programs() / 100);
  }

  @Test
  void whatDiffersIsMadeSmallAndSaved() throws IOException {
    FuzzReport report =
        Fuzzer.run(options(3, false), List.of(Engines.named("interp"), new LyingEngine()));
    assertThat(report.mismatches()).isNotEmpty();
    for (FuzzReport.Mismatch mismatch : report.mismatches()) {
      assertThat(mismatch.what()).startsWith("liar: r0 0x");
      Case small = Reproducer.read(mismatch.folder());
      assertThat(small.insns().toList()).hasSizeLessThanOrEqualTo(2);
      assertThat(small.insns().toList()).hasAtLeastOneElementOfType(Insn.Swap.class);
      assertThat(mismatch.folder().resolve("answers.txt"))
          .content()
          .contains("interp: r0 0x", "liar: r0 0x");
      assertThat(mismatch.folder().resolve("program.bpf"))
          .content()
          .startsWith("; what: liar: ")
          .contains("; from: seed 3, program ");
    }
    assertThat(new Reproducer(folder).folders()).isNotEmpty();
  }

  @Test
  void whatIsSavedIsReadAgain() throws IOException {
    for (int number : new int[] {0, 7 * KernelLane.BATCH}) {
      Case test = Fuzzer.make(9, number);
      try (Comparison comparison = Comparison.open(Comparison.ENGINES, false)) {
        Answers answers = comparison.run(test);
        Path saved = new Reproducer(folder).save(test, answers, "a test").folder();
        Case read = Reproducer.read(saved);
        assertThat(read.insns()).isEqualTo(test.insns());
        assertThat(read.stackBytes()).isEqualTo(test.stackBytes());
        assertThat(comparison.run(read).text()).isEqualTo(answers.text());
        assertThat(Files.readString(saved.resolve("answers.txt"))).isEqualTo(answers.text());
      }
    }
  }

  @Test
  void oneProgramInTwoThousandRunsSteadilyAndSomeOfThemHaveMaps() {
    List<Long> steady =
        LongStream.range(0, 100L * Fuzzer.STEADY_EVERY)
            .filter(Fuzzer::runsSteadily)
            .boxed()
            .toList();
    assertThat(steady).hasSize(100);
    assertThat(steady.stream().filter(n -> Fuzzer.make(1, n).usesMaps()).count())
        .isBetween(5L, 45L);
  }

  @Test
  void aSearchEndsWhenItIsAskedTo() {
    AtomicInteger asked = new AtomicInteger();
    FuzzOptions endless =
        new FuzzOptions(3600, 4, false, folder, 1, () -> asked.incrementAndGet() > 5, _ -> {});
    assertThat(Fuzzer.run(endless).programs()).isLessThan(1000);
  }
}
