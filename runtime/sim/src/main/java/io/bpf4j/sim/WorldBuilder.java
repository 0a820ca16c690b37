package io.bpf4j.sim;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BindException;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.InsnFormatException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.net.Prefix;
import io.bpf4j.netns.Device;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sim.scenario.BtfLayouts;
import io.bpf4j.sim.scenario.Endpoint;
import io.bpf4j.sim.scenario.GroupSpec;
import io.bpf4j.sim.scenario.InterfaceAddress;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.LinkSpec;
import io.bpf4j.sim.scenario.MapFill;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.ObjectSpec;
import io.bpf4j.sim.scenario.Place;
import io.bpf4j.sim.scenario.Scenario;
import io.bpf4j.sim.scenario.ScenarioException;
import io.bpf4j.sim.scenario.SocketSpec;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/// Builds the world of a scenario in the order a user would: interfaces, sockets, maps with their
/// contents, programs of reuseport groups, links. What the simulated system calls refuse is told
/// with its place in the file.
final class WorldBuilder {
  private final Scenario scenario;
  private final World world;
  private final List<Netns> netns = new ArrayList<>();
  private final List<Sock> sockets = new ArrayList<>();
  private final Map<String, Sock> byName = new HashMap<>();
  private final Map<String, LoadedObject> objects = new LinkedHashMap<>();

  private WorldBuilder(Scenario scenario, World world) {
    this.scenario = scenario;
    this.world = world;
  }

  /// Builds a world.
  ///
  /// @param engine runs the programs
  /// @param explainer runs them when a lookup is explained
  /// @param threads for how many threads at least there must be CPUs
  /// @throws ScenarioException for what the file asks and the world refuses
  /// @throws io.bpf4j.error.BpfException for an object that cannot be read
  static SimulatedHost build(
      Scenario scenario, Engine engine, Engine explainer, int threads, long seed) {
    int cpus = Math.max(scenario.replay().cpus(), threads);
    WorldBuilder builder = new WorldBuilder(scenario, World.of(engine, explainer, cpus, seed));
    scenario.netns().forEach(builder::addNetns);
    scenario.objects().forEach(builder::addObject);
    for (MapFill fill : scenario.maps()) {
      builder.contents(fill).write();
    }
    scenario.groups().forEach(builder::attach);
    scenario.links().forEach(builder::attach);
    return new SimulatedHost(
        scenario, builder.world, builder.netns, builder.sockets, builder.byName, builder.objects);
  }

  private ScenarioException error(Place place, String rule) {
    return scenario.source().error(place, rule);
  }

  private void addNetns(NetnsSpec spec) {
    Netns made = world.createNetns(spec.name());
    netns.add(made);
    for (InterfaceSpec iface : spec.interfaces()) {
      try {
        Device device = made.addDevice(iface.name(), iface.ifindex());
        iface.local().forEach(prefix -> made.addLocal(device, prefix));
        for (InterfaceAddress address : iface.addresses()) {
          made.addLocal(device, Prefix.of(address.address()));
        }
      } catch (ErrnoException e) {
        throw error(iface.place(), Objects.requireNonNull(e.getMessage()));
      }
    }
    for (SocketSpec socket : spec.sockets()) {
      for (String member : socket.members()) {
        Sock sock = open(made, spec, socket, member);
        sockets.add(sock);
        byName.put(member, sock);
        byName.putIfAbsent(socket.name(), sock);
      }
    }
  }

  private Sock open(Netns in, NetnsSpec spec, SocketSpec socket, String name) {
    try {
      Sock sock = in.open(socket.protocol(), socket.family()).named(name);
      if (socket.v6only()) {
        sock.setsockopt(SockOption.IPV6_V6ONLY, true);
      }
      if (socket.reuseAddr()) {
        sock.setsockopt(SockOption.SO_REUSEADDR, true);
      }
      if (socket.reusePort()) {
        sock.setsockopt(SockOption.SO_REUSEPORT, true);
      }
      if (socket.mark() != 0) {
        sock.setsockopt(SockOption.SO_MARK, socket.mark());
      }
      String device = socket.device();
      if (device != null) {
        InterfaceSpec iface = Objects.requireNonNull(spec.interfaceNamed(device));
        sock.setsockopt(SockOption.SO_BINDTOIFINDEX, iface.ifindex());
      }
      Endpoint bind = socket.bind();
      if (bind != null) {
        sock.bind(bind.address(), bind.port());
      }
      Endpoint peer = socket.connect();
      if (peer != null) {
        sock.connect(peer.address(), peer.port());
      } else if (socket.listen()) {
        sock.listen();
      }
      return sock;
    } catch (ErrnoException e) {
      throw error(socket.place(), "socket '%s': %s".formatted(name, e.getMessage()));
    }
  }

  private void addObject(ObjectSpec spec) {
    BpfObject read = read(spec);
    Map<String, MapFill> fills =
        scenario.maps().stream()
            .filter(fill -> fill.object().equals(spec.name()))
            .collect(Collectors.toMap(MapFill::map, fill -> fill, (first, _) -> first));
    for (MapFill fill : fills.values()) {
      if (read.map(fill.map()) == null) {
        List<String> known = read.maps().stream().map(MapSpec::name).toList();
        throw error(
            fill.place(),
            "object '%s' has no map '%s'%s"
                .formatted(spec.name(), fill.map(), Nearest.hint(fill.map(), known)));
      }
    }
    BtfLayouts layouts = new BtfLayouts(read.btf());
    List<MapSpec> maps = new ArrayList<>();
    for (MapSpec map : read.maps()) {
      MapFill fill = fills.get(map.name());
      maps.add(fill == null ? map : MapContents.shaped(scenario.source(), map, fill, layouts));
    }
    BpfObject object =
        new BpfObject(
            read.name(),
            read.license(),
            read.programs(),
            maps,
            read.globals(),
            read.relocations(),
            read.btf());
    objects.put(
        spec.name(), new LoadedObject(spec.name(), object, world.createMaps(object), layouts));
  }

  private BpfObject read(ObjectSpec spec) {
    try {
      return BpfObjectReader.read(spec.file());
    } catch (UncheckedIOException e) {
      String why = e.getCause() instanceof NoSuchFileException ? "no such file" : "cannot be read";
      throw error(spec.place(), "object '%s': %s: %s".formatted(spec.name(), spec.file(), why));
    }
  }

  private MapContents contents(MapFill fill) {
    LoadedObject object = Objects.requireNonNull(objects.get(fill.object()));
    return new MapContents(scenario.source(), object, fill, byName, world.cpus());
  }

  private void attach(LinkSpec spec) {
    RunnableProgram loaded =
        load(spec.object(), spec.program(), spec.programPlace(), ProgType.SK_LOOKUP);
    Netns target = netns.get(scenario.netns().indexOf(scenario.netns(spec.netns())));
    try {
      target.attach(loaded).named(spec.name());
    } catch (ErrnoException e) {
      throw error(spec.programPlace(), Objects.requireNonNull(e.getMessage()));
    }
  }

  private void attach(GroupSpec spec) {
    Sock member = Objects.requireNonNull(byName.get(spec.socket()));
    String object = spec.object();
    String program = spec.program();
    try {
      if (object == null || program == null) {
        member.attachReuseport(new ClassicFilter(spec.filter()));
      } else {
        member.attachReuseport(load(object, program, spec.programPlace(), ProgType.SK_REUSEPORT));
      }
    } catch (ErrnoException e) {
      throw error(spec.programPlace(), Objects.requireNonNull(e.getMessage()));
    }
  }

  /// Loads a program of an object.
  ///
  /// @param otherwise its type, if its section names none
  private RunnableProgram load(String objectName, String name, Place at, ProgType otherwise) {
    LoadedObject object = Objects.requireNonNull(objects.get(objectName));
    ProgSpec program = object.object().program(name);
    if (program == null) {
      List<String> known = object.object().programs().stream().map(ProgSpec::name).toList();
      throw error(
          at,
          "object '%s' has no program '%s'%s"
              .formatted(objectName, name, Nearest.hint(name, known)));
    }
    try {
      ProgType type = program.type() == ProgType.UNSPEC ? otherwise : program.type();
      return world.load(program, object.maps(), type);
    } catch (ErrnoException | BindException | UnsupportedException | InsnFormatException e) {
      throw error(at, Objects.requireNonNull(e.getMessage()));
    }
  }
}
