package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.sim.RunOptions;
import io.bpf4j.sim.Simulation;
import io.bpf4j.sim.explain.ExplainJson;
import io.bpf4j.sim.explain.ExplainText;
import io.bpf4j.sim.explain.Explanation;
import io.bpf4j.sim.scenario.PacketText;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// One packet's whole story.
@CommandLine.Command(
    name = "explain",
    description =
        "Tells what becomes of one packet, step by step: a packet that comes first of all"
            + " (--packet), or a frame of a trace after the frames before it (--frame).")
final class Explain extends Command {
  @Parameters(paramLabel = "SCENARIO.yaml", description = "The scenario.")
  private Path scenario = Path.of("-");

  @Option(
      names = "--packet",
      paramLabel = "PACKET",
      description = "PROTO SRC:SPORT -> DST:DPORT [ifindex N | dev NAME]")
  private @Nullable String packet;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "The trace of --frame; without it the scenario's first.")
  private @Nullable Path trace;

  @Option(names = "--frame", paramLabel = "N", description = "The number of a frame, from 1.")
  private @Nullable Long frame;

  @Option(
      names = "--netns",
      paramLabel = "NAME",
      description = "Where --packet arrives; without it the scenario's first.")
  private @Nullable String netns;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  Explain(Io io) {
    super(io);
  }

  @Override
  public Integer call() {
    if ((packet == null) == (frame == null)) {
      throw new UsageException("either --packet or --frame is needed");
    }
    if (packet != null && trace != null) {
      throw new UsageException("--trace goes with --frame, not with --packet");
    }
    if (frame != null && frame < 1) {
      throw new UsageException("--frame " + frame + ": frames count from 1");
    }
    PacketText text = packet == null ? null : parsed(packet);
    Engine interpreter = Engines.named("checked-interp");
    Simulation simulation =
        Simulation.build(
            ScenarioReader.read(scenario), interpreter, interpreter, RunOptions.DEFAULT);
    Explanation story =
        text != null
            ? simulation.explain(text, netns)
            : simulation.explainFrame(trace, frame == null ? 1 : frame);
    if (json) {
      Json.write(io(), ExplainJson.document(story));
    } else {
      io().out().print(ExplainText.text(story, io().colour()));
    }
    return ExitCode.OK;
  }

  private static PacketText parsed(String text) {
    try {
      return PacketText.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--packet '%s': %s".formatted(text, e.getMessage()));
    }
  }
}
