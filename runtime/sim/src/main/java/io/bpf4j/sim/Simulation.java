package io.bpf4j.sim;

import io.bpf4j.engine.Engine;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.InputException;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sim.explain.Explanation;
import io.bpf4j.sim.replay.Disposition;
import io.bpf4j.sim.replay.LookupSample;
import io.bpf4j.sim.replay.OnePacket;
import io.bpf4j.sim.replay.PacketListener;
import io.bpf4j.sim.replay.Replay;
import io.bpf4j.sim.replay.Traffic;
import io.bpf4j.sim.report.PacketCsv;
import io.bpf4j.sim.report.Report;
import io.bpf4j.sim.scenario.DataEncoder;
import io.bpf4j.sim.scenario.Expectation;
import io.bpf4j.sim.scenario.FloodSpec;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.Outcome;
import io.bpf4j.sim.scenario.PacketText;
import io.bpf4j.sim.scenario.Place;
import io.bpf4j.sim.scenario.ResultKind;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.TraceSpec;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A scenario come to life: its world, with the traffic to send through it. Each simulation is run
/// once; what it did to maps stays.
public final class Simulation {
  private final Scenario scenario;
  private final Engine engine;
  private final long seed;
  private final SimulatedHost host;
  private final World world;

  private Simulation(Scenario scenario, Engine engine, long seed, SimulatedHost host) {
    this.scenario = scenario;
    this.engine = engine;
    this.seed = seed;
    this.host = host;
    this.world = host.world();
  }

  /// Builds the world of a scenario.
  ///
  /// @param engine runs the programs
  /// @param explainer runs them when a lookup is explained: the interpreter, which tells of helper
  ///   calls
  /// @param options of the run to come; threads and seed concern the world
  /// @throws io.bpf4j.sim.scenario.ScenarioException for what the file asks and the world refuses
  /// @throws io.bpf4j.error.BpfException for an object that cannot be read
  public static Simulation build(
      Scenario scenario, Engine engine, Engine explainer, RunOptions options) {
    long seed = Objects.requireNonNullElse(options.seed(), scenario.replay().seed());
    return new Simulation(
        scenario,
        engine,
        seed,
        WorldBuilder.build(scenario, engine, explainer, options.threads(), seed));
  }

  /// The world, for whoever wants to look into its maps afterwards.
  public World world() {
    return world;
  }

  /// Replays the scenario's traffic, or the options' traces, and checks the expectations. Those
  /// that count the scenario's own traffic are not checked against other traces or numbers.
  ///
  /// @throws InputException when a trace cannot be opened
  public Report run(RunOptions options) {
    boolean own = options.traces().isEmpty();
    List<FloodSpec> floods = own ? scenario.floods() : List.of();
    PacketListener csv = options.csv() == null ? null : csv(options.csv());
    Replay replay = Replay.of(scenario, world, host.netns(), options.threads(), csv);
    try (Traffic traffic =
        new Traffic(scenario, traces(options.traces()), floods, options.count(), seed)) {
      Replay.Outcome outcome = replay.run(traffic, options.stop(), options.progress());
      boolean whole = own && options.count() == 0;
      String unchecked = unchecked(outcome, whole);
      return new ReportBuilder(scenario, host, engine.name(), options.threads())
          .report(
              outcome,
              traffic.summaries(),
              unchecked.isEmpty() ? check(outcome, replay) : List.of(),
              scenario.expectations().isEmpty() ? "" : unchecked);
    }
  }

  /// Takes the first packets of the scenario's traffic that are looked up, from as many rounds of
  /// it as that takes.
  ///
  /// @param max how many at most
  /// @throws InputException when a trace cannot be opened
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public LookupSample sample(int max) {
    Replay replay = Replay.of(scenario, world, host.netns(), 1, null);
    try (Traffic traffic =
        new Traffic(scenario, scenario.traces(), scenario.floods(), 16L * max, seed)) {
      return replay.sample(traffic, max);
    }
  }

  private static String unchecked(Replay.Outcome outcome, boolean whole) {
    if (outcome.fault() != null) {
      return "a program was stopped by a fault";
    }
    if (outcome.stopped()) {
      return "the run was ended early";
    }
    return whole ? "" : "they are about the scenario's own traffic, once";
  }

  private PacketCsv csv(Appendable out) {
    List<Link> links = links();
    return new PacketCsv(
        out,
        host.socketNames(),
        links.stream().map(Link::name).toList(),
        links.stream().map(l -> l.program().program().name()).toList());
  }

  private List<Link> links() {
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < world.linkCount(); i++) {
      links.add(world.link(i));
    }
    return links;
  }

  /// Traces by their paths: those of the scenario as it has them, others arriving where its first
  /// one does.
  private List<TraceSpec> traces(List<Path> paths) {
    if (paths.isEmpty()) {
      return scenario.traces();
    }
    return paths.stream().map(this::trace).toList();
  }

  private TraceSpec trace(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (TraceSpec spec : scenario.traces()) {
      if (spec.file().toAbsolutePath().normalize().equals(absolute)) {
        return spec;
      }
    }
    NetnsSpec first = scenario.netns().getFirst();
    TraceSpec like = scenario.traces().isEmpty() ? null : scenario.traces().getFirst();
    return like == null
        ? new TraceSpec(Place.START, path, first.name(), null)
        : new TraceSpec(Place.START, path, like.netns(), like.iface());
  }

  /// Counts and maps first: looking up an expected packet runs programs again.
  private List<Report.Expected> check(Replay.Outcome outcome, Replay replay) {
    Expectations expectations =
        new Expectations(
            outcome.totals(),
            host.socketNames(),
            links().stream().map(Link::name).toList(),
            e -> probe(e, replay),
            this::element);
    Report.Expected[] results = new Report.Expected[scenario.expectations().size()];
    for (boolean packets : new boolean[] {false, true}) {
      for (int i = 0; i < results.length; i++) {
        Expectation expectation = scenario.expectations().get(i);
        if (expectation instanceof Expectation.OfPacket == packets) {
          results[i] = expectations.check(expectation);
        }
      }
    }
    return Arrays.asList(results);
  }

  private Outcome probe(Expectation.OfPacket expectation, Replay replay) {
    NetnsSpec spec = scenario.netns(expectation.netns());
    Tuple tuple = host.tuple(expectation.packet(), spec);
    int netns = host.netnsIndex(spec.name());
    OnePacket packet = new OnePacket(tuple, netns, 0);
    return switch (replay.disposition(packet)) {
      case Disposition.NotLocal _ -> new Outcome(ResultKind.NOT_LOCAL, null, null);
      case Disposition.OfConnection(int socket) ->
          new Outcome(ResultKind.ESTABLISHED, socket < 0 ? null : socketName(socket), null);
      case Disposition.LookUp _ -> outcome(host.netns().get(netns).lookup(tuple));
    };
  }

  private String socketName(int socket) {
    return host.sockets().get(socket).name();
  }

  private static Outcome outcome(LookupResult result) {
    return switch (result) {
      case LookupResult.Established(var sock) ->
          new Outcome(ResultKind.ESTABLISHED, sock.name(), null);
      case LookupResult.Steered(var sock, var link) ->
          new Outcome(ResultKind.STEERED, sock.name(), link.name());
      case LookupResult.Listener(var sock) -> new Outcome(ResultKind.LISTENER, sock.name(), null);
      case LookupResult.DroppedBy(var link) -> new Outcome(ResultKind.DROPPED, null, link.name());
      case LookupResult.DroppedByGroup(var via, var _) ->
          new Outcome(ResultKind.DROPPED, via.name(), null);
      case LookupResult.NoSocket _ -> new Outcome(ResultKind.NONE, null, null);
    };
  }

  /// The number in an element; over CPUs the sum.
  private OptionalLong element(Expectation.OfMap e) {
    LoadedObject object = Objects.requireNonNull(host.objects().get(e.object()));
    RuntimeMap map = object.maps().byName().get(e.map());
    MapSpec spec = object.object().map(e.map());
    if (map == null || spec == null) {
      List<String> known = object.object().maps().stream().map(MapSpec::name).toList();
      throw scenario
          .source()
          .error(
              e.place(),
              "object '%s' has no map '%s'%s"
                  .formatted(e.object(), e.map(), Nearest.hint(e.map(), known)));
    }
    byte[] key =
        new DataEncoder(scenario.source())
            .encode(
                e.key(), object.layouts().key(spec), "the key of " + e.object() + "." + e.map());
    byte[] bytes;
    try {
      bytes = map.lookupElem(key);
    } catch (ErrnoException _) {
      return OptionalLong.empty();
    }
    int size = Math.min(spec.valueSize(), Long.BYTES);
    int stride = map.perCpu() ? Math.ceilDiv(spec.valueSize(), Long.BYTES) * Long.BYTES : size;
    long sum = 0;
    for (int at = 0; at + size <= bytes.length; at += stride) {
      ByteBuffer number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      number.put(bytes, at, size);
      sum += number.getLong(0);
      if (!map.perCpu()) {
        break;
      }
    }
    return OptionalLong.of(sum);
  }

  /// Tells what becomes of a packet that comes before all traffic.
  ///
  /// @param netns the namespace it comes to, or null for the first
  /// @throws InputException when the scenario has no such namespace or interface
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public Explanation explain(PacketText packet, @Nullable String netns) {
    NetnsSpec spec = netnsNamed(netns);
    Tuple tuple;
    try {
      tuple = host.tuple(packet, spec);
    } catch (IllegalArgumentException e) {
      throw new InputException(packet.toString(), "", Objects.requireNonNull(e.getMessage()), e);
    }
    OnePacket one = new OnePacket(tuple, host.netnsIndex(spec.name()), 0);
    return explain(one, Replay.of(scenario, world, host.netns(), 1, null), null);
  }

  /// Tells what becomes of a frame of a trace, after the frames before it.
  ///
  /// @param trace the trace, or null for the scenario's first
  /// @param frame its number, from 1
  /// @throws InputException when there is no such frame, or no packet in it that can be looked up
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  public Explanation explainFrame(@Nullable Path trace, long frame) {
    if (trace == null && scenario.traces().isEmpty()) {
      throw new InputException(
          scenario.source().path().toString(), "", "the scenario has no trace to take a frame of");
    }
    TraceSpec spec = trace == null ? scenario.traces().getFirst() : trace(trace);
    Replay replay = Replay.of(scenario, world, host.netns(), 1, null);
    try (Traffic traffic = new Traffic(scenario, List.of(spec), List.of(), 0, seed)) {
      OnePacket packet = replay.runTo(traffic, frame);
      if (packet == null) {
        throw new InputException(
            spec.file().toString(),
            "frame " + frame,
            "not there, or no packet with TCP or UDP ports (./bpf4j trace shows what is)");
      }
      return explain(packet, replay, spec.file() + " frame " + frame);
    }
  }

  private Explanation explain(OnePacket packet, Replay replay, @Nullable String where) {
    NetnsSpec spec = scenario.netns().get(packet.netns());
    Netns netns = host.netns().get(packet.netns());
    Disposition disposition = replay.disposition(packet);
    world.traceLog().clear();
    Sock owner =
        disposition instanceof Disposition.OfConnection(int socket) && socket >= 0
            ? host.sockets().get(socket)
            : null;
    LookupTrace trace =
        disposition instanceof Disposition.LookUp ? netns.explain(packet.tuple()) : null;
    return new Explanation(
        where, packet.tuple(), spec, disposition, owner, trace, world.traceLog().lines());
  }

  private NetnsSpec netnsNamed(@Nullable String name) {
    if (name == null) {
      return scenario.netns().getFirst();
    }
    List<String> known = scenario.netns().stream().map(NetnsSpec::name).toList();
    if (!known.contains(name)) {
      throw new InputException(
          scenario.source().path().toString(),
          "",
          "there is no netns '%s'%s".formatted(name, Nearest.hint(name, known)));
    }
    return scenario.netns(name);
  }
}
