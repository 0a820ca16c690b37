package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.sim.RunOptions;
import io.bpf4j.sim.Simulation;
import io.bpf4j.sim.replay.LookupSample;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The whole socket lookup of a scenario's packets: connections, programs, groups, listeners.
final class ScenarioLane implements BenchLane {
  static final String PROGRAM = "lookup";

  private final String engine;
  private final LookupSample sample;

  private ScenarioLane(String engine, LookupSample sample) {
    this.engine = engine;
    this.sample = sample;
  }

  /// Builds the scenario's world with the engine and takes the first of its packets that are looked
  /// up.
  ///
  /// @throws io.bpf4j.error.BpfException for what the scenario asks and the world refuses
  /// @throws UsageException when no packet of it is looked up
  static ScenarioLane open(String engine, Path scenario, @Nullable Long seed) {
    RunOptions options = new RunOptions(List.of(), 0, 1, seed, null, Interrupt::requested, _ -> {});
    Simulation simulation =
        Simulation.build(
            ScenarioReader.read(scenario),
            Engines.named(engine),
            Engines.checked("interp"),
            options);
    LookupSample sample = simulation.sample(BenchTuples.COUNT);
    if (sample.size() == 0) {
      throw new UsageException(scenario + ": none of its packets is looked up");
    }
    return new ScenarioLane(engine, sample);
  }

  @Override
  public String program() {
    return PROGRAM;
  }

  @Override
  public String engine() {
    return engine;
  }

  @Override
  public double time(boolean random, long runs) {
    long start = System.nanoTime();
    sample.run(random ? sample.size() : 1, runs);
    return (double) (System.nanoTime() - start) / runs;
  }

  @Override
  public String note(boolean random) {
    return random ? "over %d packets of the scenario".formatted(sample.size()) : "";
  }

  /// Nothing: a world goes with what holds it.
  @Override
  public void close() {}
}
