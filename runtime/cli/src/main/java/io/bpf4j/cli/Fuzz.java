package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.fuzz.FuzzOptions;
import io.bpf4j.fuzz.FuzzReport;
import io.bpf4j.fuzz.Fuzzer;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.worlds.WorldFuzzer;
import io.bpf4j.worlds.WorldOptions;
import io.bpf4j.worlds.WorldReport;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/// A search for programs on which the engines differ from each other or from this machine's kernel.
@CommandLine.Command(
    name = "fuzz",
    description =
        "Generates programs, runs each on every engine and on this machine's kernel, and compares"
            + " return value, memory, stack and maps. What differs is made small and saved.",
    footer = {
      "",
      "Without --oracle the kernel is asked where bpf(2) is permitted. Program N of a seed is always",
      "the same. Ctrl-C ends the search and prints what it found.",
      "With --worlds it makes up sockets, maps, links and packets instead, and compares the socket",
      "lookup of this machine's kernel with the simulated one."
    })
final class Fuzz extends Command {
  private static final String KERNEL = "kernel";
  private static final String INTERP = "interp";
  private static final int REASONS = 3;

  @Option(names = "--seconds", paramLabel = "N", description = "How long to search; default 60.")
  private long seconds = 60;

  @Option(names = "--seed", paramLabel = "S", description = "Seed of the programs; default 1.")
  private long seed = 1;

  @Option(
      names = "--oracle",
      paramLabel = "kernel|interp",
      description = "What decides: this machine's kernel, or the interpreter alone.")
  private @Nullable String oracle;

  @Option(names = "--threads", paramLabel = "N", description = "Threads; default: one a CPU.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--regressions",
      paramLabel = "DIR",
      description = "Where reproducers are saved; default regressions.")
  private Path regressions = Path.of("regressions");

  @Option(names = "--worlds", description = "Makes worlds instead of programs; the kernel decides.")
  private boolean worlds;

  @Option(
      names = "--first",
      paramLabel = "N",
      description = "With --worlds: the number of the first world; default 0.")
  private long first;

  private long shown;

  Fuzz(Io io) {
    super(io);
  }

  @Override
  public Integer call() {
    if (seconds < 1 || threads < 1) {
      throw new UsageException("--seconds and --threads must be at least 1");
    }
    if (worlds) {
      return worlds();
    }
    boolean kernel = asksKernel();
    Interrupt.watch();
    long start = System.nanoTime();
    FuzzReport report =
        Fuzzer.run(
            new FuzzOptions(
                seconds,
                seed,
                kernel,
                regressions,
                threads,
                Interrupt::requested,
                r -> progress(r.programs(), "programs", r.mismatches().size(), start)));
    endProgress();
    print(report, kernel, (System.nanoTime() - start) / 1e9);
    return report.mismatches().isEmpty() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  private int worlds() {
    if (INTERP.equals(oracle)) {
      throw new UsageException("--worlds is compared with the kernel: --oracle must be " + KERNEL);
    }
    if (!KernelSupport.netns().granted()) {
      throw new UsageException("--worlds: " + KernelSupport.netns().reason());
    }
    Interrupt.watch();
    long start = System.nanoTime();
    WorldReport report =
        WorldFuzzer.run(
            new WorldOptions(
                seconds,
                Long.MAX_VALUE,
                seed,
                first,
                regressions,
                threads,
                Interrupt::requested,
                r -> progress(r.worlds(), "worlds", r.differences().size(), start)),
            Engines.named(Engines.names().getFirst()));
    endProgress();
    double elapsed = (System.nanoTime() - start) / 1e9;
    io().out()
        .printf(
            "%-11s %d in %.1f s (%.0f/s), seed %d%n",
            "worlds", report.worlds(), elapsed, report.worlds() / elapsed, seed);
    io().out()
        .printf("%-11s %d (%.0f/s)%n", "lookups", report.lookups(), report.lookups() / elapsed);
    io().out().printf("%-11s %d, lookups included%n", "steps", report.steps());
    io().out().printf("%-11s %d%n", "differences", report.differences().size());
    for (WorldReport.Found found : report.differences()) {
      io().out().printf("%-11s   %s: %s%n", "", found.file(), found.what());
    }
    return report.differences().isEmpty() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  private void endProgress() {
    if (io().progress()) {
      io().err().print("\r\u001b[K");
      io().err().flush();
    }
  }

  private boolean asksKernel() {
    return switch (oracle) {
      case null -> {
        if (!KernelSupport.permitted()) {
          io().complain("bpf4j fuzz: the kernel is not asked: " + KernelSupport.whyNot());
        }
        yield KernelSupport.permitted();
      }
      case KERNEL -> {
        if (!KernelSupport.permitted()) {
          throw new UsageException("--oracle kernel: " + KernelSupport.whyNot());
        }
        yield true;
      }
      case INTERP -> false;
      default ->
          throw new UsageException("--oracle " + oracle + ": must be " + KERNEL + " or " + INTERP);
    };
  }

  private void progress(long made, String what, int mismatches, long start) {
    if (!io().progress()) {
      return;
    }
    long second = (System.nanoTime() - start) / 1_000_000_000L;
    if (second != shown) {
      shown = second;
      io().err()
          .printf(
              "\r%d %s, %d/s, %d mismatches, %d s left\u001b[K",
              made, what, made / Math.max(1, second), mismatches, Math.max(0, seconds - second));
      io().err().flush();
    }
  }

  private void print(FuzzReport report, boolean kernel, double elapsed) {
    io().out()
        .printf(
            "%-11s %d in %.1f s (%.0f/s), seed %d, oracle %s%n",
            "programs",
            report.programs(),
            elapsed,
            report.programs() / elapsed,
            seed,
            kernel ? KERNEL : INTERP);
    if (kernel) {
      io().out().printf("%-11s %d by the kernel's verifier%n", "refused", report.refused());
      List<String> reasons = report.refusals();
      for (String reason : reasons.subList(0, Math.min(REASONS, reasons.size()))) {
        io().out().printf("%-11s   %s%n", "", reason);
      }
    }
    io().out()
        .printf(
            "%-11s %d run until C2 had compiled them, on each memory backend%n",
            "steady", report.steady());
    io().out().printf("%-11s %d%n", "mismatches", report.mismatches().size());
    for (FuzzReport.Mismatch mismatch : report.mismatches()) {
      io().out().printf("%-11s   %s: %s%n", "", mismatch.folder(), mismatch.what());
    }
  }
}
