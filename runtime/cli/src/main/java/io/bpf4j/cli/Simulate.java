package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.helper.TraceLog;
import io.bpf4j.sim.RunOptions;
import io.bpf4j.sim.Simulation;
import io.bpf4j.sim.report.HtmlReport;
import io.bpf4j.sim.report.JsonReport;
import io.bpf4j.sim.report.Report;
import io.bpf4j.sim.report.TextReport;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The main job: a scenario's traffic through the socket lookup.
@CommandLine.Command(
    name = "simulate",
    description =
        "Builds the world of a scenario, sends its traffic through the socket lookup, and shows which"
            + " socket got what and why. Checks the scenario's expectations.")
final class Simulate extends Command {
  private static final int PRINTED = 20;
  private static final long PROGRESS_NANOS = 200_000_000;

  @Parameters(paramLabel = "SCENARIO.yaml", description = "The scenario.")
  private Path scenario = Path.of("-");

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Replay this capture instead of the scenario's traffic; may be repeated.")
  private List<Path> traces = new ArrayList<>();

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Stop after N packets; start again when the traffic has fewer.")
  private long count;

  @Option(names = "--threads", paramLabel = "N", description = "Look up on N threads.")
  private int threads = 1;

  @Option(names = "--engine", paramLabel = "NAME", description = "jit (default), interp, …")
  private String engine = "jit";

  @Option(names = "--seed", paramLabel = "S", description = "Seed of everything random.")
  private @Nullable Long seed;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Write a page for a browser.")
  private @Nullable Path html;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write one row a packet; wants one thread.")
  private @Nullable Path csv;

  Simulate(Io io) {
    super(io);
  }

  @Override
  public Integer call() throws IOException {
    check();
    Engine runs = Engines.named(engine);
    Scenario read = ScenarioReader.read(scenario);
    Interrupt.watch();
    Path rows = csv;
    if (rows == null) {
      return run(runs, read, null);
    }
    try (Writer out = Files.newBufferedWriter(rows, StandardCharsets.UTF_8)) {
      return run(runs, read, out);
    }
  }

  private void check() {
    if (threads < 1 || threads > 1024) {
      throw new UsageException("--threads %d: from 1 to 1024".formatted(threads));
    }
    if (count < 0) {
      throw new UsageException("--count %d: a number of packets".formatted(count));
    }
    if (csv != null && threads > 1) {
      throw new UsageException("--csv writes the packets in order: it wants one thread");
    }
  }

  private int run(Engine runs, Scenario read, @Nullable Writer rows) throws IOException {
    RunOptions options =
        new RunOptions(traces, count, threads, seed, rows, Interrupt::requested, progress());
    Simulation simulation = Simulation.build(read, runs, Engines.named("checked-interp"), options);
    Report report = simulation.run(options);
    if (io().progress()) {
      io().err().print("\r\u001b[K");
    }
    if (json) {
      Json.write(io(), JsonReport.document(report));
    } else {
      io().out().print(TextReport.text(report, io().colour()));
    }
    if (html != null) {
      Files.writeString(html, HtmlReport.text(report));
    }
    printed(simulation.world().traceLog());
    var fault = report.fault();
    if (fault != null) {
      io().complain("bpf4j simulate: " + fault.message());
      return ExitCode.FAULT;
    }
    return report.ok() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  /// What programs printed, the newest lines of it.
  private void printed(TraceLog log) {
    List<TraceLog.Line> lines = log.lines();
    if (lines.isEmpty()) {
      return;
    }
    long all = lines.size() + log.dropped();
    if (all > PRINTED) {
      io().complain(
              "bpf4j simulate: programs printed %d lines, the last %d:".formatted(all, PRINTED));
    }
    for (TraceLog.Line line : lines.subList(Math.max(0, lines.size() - PRINTED), lines.size())) {
      io().complain(
              "bpf_trace_printk: cpu %d %.6f: %s"
                  .formatted(line.cpu(), line.nanos() / 1e9, line.text()));
    }
  }

  private LongConsumer progress() {
    if (!io().progress()) {
      return _ -> {};
    }
    long[] next = {System.nanoTime() + PROGRESS_NANOS};
    return packets -> {
      long now = System.nanoTime();
      if (now >= next[0]) {
        next[0] = now + PROGRESS_NANOS;
        io().err().printf("\r\u001b[K%,d packets", packets);
        io().err().flush();
      }
    };
  }
}
