package io.bpf4j.fuzz;

import io.bpf4j.engine.Engine;
import io.bpf4j.error.BpfException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The search: threads that make programs batch by batch, run them everywhere and compare. What
/// differs is made small and saved; some programs are handed on to [SteadyRuns].
///
/// Program number `n` of a seed is the same in every search, whatever ran before it.
public final class Fuzzer {
  /// One batch in so many reads its stack before it wrote it, and has it compared.
  private static final int STACK_EVERY = 8;

  /// One program in so many is run until C2 has compiled it.
  static final int STEADY_EVERY = 2_000;

  /// After so many mismatches there is something to look at.
  private static final int ENOUGH = 10;

  private final FuzzOptions options;
  private final List<Engine> engines;
  private final FuzzReport report = new FuzzReport();
  private final AtomicLong nextBatch = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final long deadline;

  private Fuzzer(FuzzOptions options, List<Engine> engines) {
    this.engines = engines;
    this.options = options;
    this.deadline = System.nanoTime() + options.seconds() * 1_000_000_000L;
  }

  /// Searches until the time is over, or it is asked to stop.
  ///
  /// @throws BpfException when the kernel is to be asked and bpf(2) is not permitted
  public static FuzzReport run(FuzzOptions options) {
    return run(options, Comparison.ENGINES);
  }

  /// A search that compares these engines, the reference first.
  static FuzzReport run(FuzzOptions options, List<Engine> engines) {
    return new Fuzzer(options, engines).run();
  }

  /// Program number `number` of a seed with its input.
  static Case make(long seed, long number) {
    long batch = number / KernelLane.BATCH;
    int place = (int) (number % KernelLane.BATCH);
    int stackBytes = batch % STACK_EVERY == STACK_EVERY - 1 ? Comparison.STACK : 0;
    SplittableRandom random = new SplittableRandom(seed * 0x9e37_79b9_7f4a_7c15L + number);
    return Generator.make(random, place < KernelLane.WITH_MAPS, stackBytes);
  }

  /// Whether a program is among those that are run until C2 has compiled it: one in each
  /// [#STEADY_EVERY], at changing places of a batch, since the place decides whether it has maps.
  static boolean runsSteadily(long number) {
    return number % STEADY_EVERY == number / STEADY_EVERY * 7 % STEADY_EVERY;
  }

  private FuzzReport run() {
    try (SteadyRuns steady = new SteadyRuns(options, report)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < options.threads(); i++) {
        threads.add(Thread.ofPlatform().name("fuzz-" + i).start(() -> work(steady)));
      }
      for (Thread thread : threads) {
        join(thread);
      }
      steady.finish();
    }
    switch (broken.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
    return report;
  }

  private void join(Thread thread) {
    try {
      while (!thread.join(java.time.Duration.ofMillis(200))) {
        options.progress().accept(report);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean goesOn() {
    return System.nanoTime() < deadline
        && !options.stop().getAsBoolean()
        && report.mismatches().size() < ENOUGH
        && broken.get() == null
        && !Thread.currentThread().isInterrupted();
  }

  private void work(SteadyRuns steady) {
    try (Comparison comparison = Comparison.open(engines, options.kernel())) {
      while (goesOn()) {
        batch(comparison, nextBatch.getAndIncrement(), steady);
      }
    } catch (RuntimeException | Error e) {
      broken.compareAndSet(null, e);
    }
  }

  private void batch(Comparison comparison, long number, SteadyRuns steady) {
    List<Case> cases = new ArrayList<>(KernelLane.BATCH);
    long first = number * KernelLane.BATCH;
    for (int i = 0; i < KernelLane.BATCH; i++) {
      cases.add(make(options.seed(), first + i));
    }
    List<Answers> answers = comparison.run(cases);
    for (int i = 0; i < cases.size(); i++) {
      Answers given = answers.get(i);
      report.tried(given.refusal());
      if (given.dissent() != null) {
        String origin = "seed %d, program %d".formatted(options.seed(), first + i);
        found(comparison, cases.get(i), given, origin);
      } else if (runsSteadily(first + i)) {
        steady.add(first + i, cases.get(i));
      }
    }
  }

  private void found(Comparison comparison, Case test, Answers answers, String origin) {
    Case small = new Shrinker(comparison).shrink(test, answers);
    Answers said = comparison.run(small);
    boolean again = said.dissent() != null;
    report.mismatch(
        new Reproducer(options.regressions())
            .save(again ? small : test, again ? said : answers, origin));
  }
}
