package io.bpf4j.fuzz;

import io.bpf4j.mem.MemoryBackend;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Programs that are run until C2 has compiled them, in JVMs of their own, one for each way of
/// reaching memory. A JVM that dies or does not answer is a finding like one that answers
/// otherwise.
final class SteadyRuns implements AutoCloseable {
  private static final int WAITING = 4;

  private final FuzzOptions options;
  private final FuzzReport report;
  private final BlockingQueue<Job> jobs = new ArrayBlockingQueue<>(WAITING);
  private final Map<MemoryBackend, SteadyJvm> jvms = new EnumMap<>(MemoryBackend.class);
  private final Thread thread;
  private final AtomicBoolean finishing = new AtomicBoolean();

  private record Job(long number, Case test) {}

  SteadyRuns(FuzzOptions options, FuzzReport report) {
    this.options = options;
    this.report = report;
    this.thread = Thread.ofPlatform().name("fuzz-steady").start(this::work);
  }

  /// Hands a program on; waits while too many are waiting.
  void add(long number, Case test) {
    try {
      while (!options.stop().getAsBoolean()
          && thread.isAlive()
          && !jobs.offer(new Job(number, test), 100, TimeUnit.MILLISECONDS)) {}
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try {
      while (!options.stop().getAsBoolean()) {
        Job job = jobs.poll(50, TimeUnit.MILLISECONDS);
        if (job != null) {
          run(job);
        } else if (finishing.get()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      report.mismatch(
          new FuzzReport.Mismatch("a JVM cannot be started: " + e, options.regressions()));
    }
  }

  private void run(Job job) throws IOException {
    for (MemoryBackend backend : MemoryBackend.values()) {
      SteadyJvm jvm = jvms.get(backend);
      if (jvm == null || !jvm.isAlive()) {
        jvm = SteadyJvm.start(backend, options.regressions());
        jvms.put(backend, jvm);
      }
      SteadyJvm.Answer answer = jvm.run(job.number(), job.test());
      if (options.stop().getAsBoolean()) {
        return;
      }
      if (!answer.ok()) {
        Case found = job.test().withInput(SteadyMain.input(job.number(), answer.input()));
        String what = "checked-jit, %s, %s".formatted(backend, answer.words());
        report.mismatch(
            new Reproducer(options.regressions())
                .save(
                    found,
                    what,
                    what + "\n",
                    "seed %d, program %d".formatted(options.seed(), job.number())));
      }
    }
    report.ranSteadily();
  }

  /// Waits for what was handed on.
  void finish() {
    finishing.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    jvms.values().forEach(SteadyJvm::close);
  }
}
