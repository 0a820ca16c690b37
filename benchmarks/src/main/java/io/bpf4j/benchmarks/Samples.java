package io.bpf4j.benchmarks;

import io.bpf4j.Engines;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.sim.RunOptions;
import io.bpf4j.sim.Simulation;
import io.bpf4j.sim.scenario.ScenarioReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// The samples' programs and worlds, for benchmarks that are started in the repository's root.
final class Samples {
  private static final Path ROOT = Path.of(System.getProperty("bpf4j.root", "."));

  private Samples() {}

  private static Path path(String name) {
    Path path = ROOT.resolve("samples").resolve(name);
    if (!Files.exists(path)) {
      throw new IllegalStateException(path + " is not there: start in the repository's root");
    }
    return path;
  }

  /// A program with the world it is loaded in; `netns` is the first of a scenario's.
  record Loaded(World world, Netns netns, RunnableProgram program) {}

  /// A program of the object without a scenario.
  static Loaded compute(String program, String engine) {
    World world = World.of(Engines.named(engine), 1, 1);
    BpfObject object = BpfObjectReader.read(path("compute/compute.bpf.o"));
    ProgSpec spec = Objects.requireNonNull(object.program(program), program);
    return new Loaded(
        world, world.createNetns("bench"), world.load(spec, world.createMaps(object)));
  }

  /// The world of a sample's scenario with sockets, maps and links; the program of its first link.
  static Loaded scenario(String sample, String engine) {
    Engine runs = Engines.named(engine);
    World world =
        Simulation.build(
                ScenarioReader.read(path(sample + "/scenario.yaml")),
                runs,
                runs,
                RunOptions.DEFAULT)
            .world();
    Netns netns = world.netns().getFirst();
    return new Loaded(world, netns, netns.links().getFirst().program());
  }
}
