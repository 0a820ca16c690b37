package io.bpf4j.netns;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BindException;
import io.bpf4j.error.BpfException;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.helper.TraceLog;
import io.bpf4j.lookup.SkLookupTestRun;
import io.bpf4j.lookup.TestRunInput;
import io.bpf4j.lookup.TestRunOutput;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.map.Maps;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockSlots;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/// A simulated host: CPUs, network namespaces, maps and programs. Nothing is shared between worlds.
/// With the same seed and the same calls a world does the same again.
public final class World {
  private final Engine engine;
  private final Engine explainer;
  private final SockSlots slots;
  private final TraceLog traceLog = new TraceLog();
  private final List<WorldCpu> cpus;
  private final WorldCpu ownCpu;
  private final Map<String, Netns> netns = new LinkedHashMap<>();
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private int lastLink = -1;

  /// Programs on the explaining engine, made when they are first explained.
  private final Map<RunnableProgram, RunnableProgram> reporting =
      Collections.synchronizedMap(new WeakHashMap<>());

  private World(Engine engine, Engine explainer, int cpus, long seed) {
    if (cpus < 1) {
      throw new IllegalArgumentException("cpus: " + cpus);
    }
    this.engine = engine;
    this.explainer = explainer;
    this.slots = new SockSlots(seed);
    this.cpus =
        java.util.stream.IntStream.range(0, cpus)
            .mapToObj(i -> new WorldCpu(i, slots, traceLog, seed + i))
            .toList();
    this.ownCpu = new WorldCpu(0, slots, traceLog, seed + cpus);
  }

  /// A world whose programs run and explain on one engine. Only the interpreter reports helper
  /// calls: on another, [Netns#explain] tells verdicts and selections but not calls.
  public static World of(Engine engine, int cpus, long seed) {
    return new World(engine, engine, cpus, seed);
  }

  /// A world.
  ///
  /// @param engine runs the programs
  /// @param explainer runs them for [Netns#explain]; the interpreter, to have helper calls told
  /// @param cpus how many CPUs, at least 1
  /// @param seed of random numbers, ephemeral ports and the hash of reuseport groups
  public static World of(Engine engine, Engine explainer, int cpus, long seed) {
    return new World(engine, explainer, cpus, seed);
  }

  /// Makes a network namespace with the interface `lo`, index 1.
  ///
  /// @throws ErrnoException EEXIST when there is one of this name
  public Netns createNetns(String name) {
    synchronized (netns) {
      if (netns.containsKey(name)) {
        throw new ErrnoException(Errno.EEXIST, "netns '" + name + "'", "there is one of that name");
      }
      Netns made = new Netns(this, name, netns.size());
      netns.put(name, made);
      return made;
    }
  }

  /// The namespaces in the order they were made.
  public List<Netns> netns() {
    synchronized (netns) {
      return List.copyOf(netns.values());
    }
  }

  public int cpus() {
    return cpus.size();
  }

  /// A CPU, for one thread at a time.
  public WorldCpu cpu(int index) {
    return cpus.get(index);
  }

  /// What programs printed.
  public TraceLog traceLog() {
    return traceLog;
  }

  /// The socket with a number of [io.bpf4j.lookup.LookupAnswer].
  public Sock sock(int index) {
    return slots.at(index);
  }

  /// Sockets opened so far: their numbers are below this.
  public int sockCount() {
    return slots.count();
  }

  /// The link with a number of [io.bpf4j.lookup.LookupAnswer].
  public Link link(int index) {
    return links.stream().filter(l -> l.index() == index).findFirst().orElseThrow();
  }

  /// Links made so far: their numbers are below this.
  public synchronized int linkCount() {
    return lastLink + 1;
  }

  /// Makes a map.
  ///
  /// @throws ErrnoException as BPF_MAP_CREATE
  /// @throws UnsupportedException for a type that cannot be made
  public RuntimeMap createMap(MapSpec spec) {
    return Maps.create(spec, cpus());
  }

  /// Makes the maps of an object, as far as they can be made.
  public ObjectMaps createMaps(BpfObject object) {
    Map<String, RuntimeMap> made = new HashMap<>();
    Map<String, BpfException> refused = new HashMap<>();
    for (MapSpec spec : object.maps()) {
      try {
        made.put(spec.name(), createMap(spec));
      } catch (ErrnoException | UnsupportedException e) {
        refused.put(spec.name(), e);
      }
    }
    return new ObjectMaps(made, refused);
  }

  /// Loads a program of an object with the object's maps.
  ///
  /// @throws BpfException what refused a map that the program uses, and as [#load(ProgSpec, Map)]
  public RunnableProgram load(ProgSpec spec, ObjectMaps maps) {
    return load(spec, maps, spec.type());
  }

  /// The same as a program of another type than its section says.
  public RunnableProgram load(ProgSpec spec, ObjectMaps maps, ProgType type) {
    for (String name : spec.maps()) {
      BpfException why = maps.refused().get(name);
      if (why != null) {
        throw why;
      }
    }
    return load(spec, maps.byName(), type);
  }

  /// Loads a program with maps found by name.
  ///
  /// @throws BindException when a map is missing, or the spec itself has a problem
  /// @throws UnsupportedException when it uses what cannot be run
  /// @throws io.bpf4j.error.InsnFormatException when a jump or call leads nowhere
  public RunnableProgram load(ProgSpec spec, Map<String, ? extends BpfMap> maps) {
    return load(spec, maps, spec.type());
  }

  /// The same as a program of another type than its section says.
  public RunnableProgram load(ProgSpec spec, Map<String, ? extends BpfMap> maps, ProgType type) {
    return load(Program.bind(spec, maps).withType(type));
  }

  /// Loads a program whose maps are bound.
  public RunnableProgram load(Program program) {
    return engine.load(program, LinuxPlatform.PLATFORM, EngineOptions.DEFAULT);
  }

  /// Runs one sk_lookup program on a context, as BPF_PROG_TEST_RUN does: what is attached does not
  /// run, and no regular lookup follows. To the program it is CPU 0. One call runs at a time.
  ///
  /// @throws ErrnoException as [SkLookupTestRun#run]
  /// @throws io.bpf4j.error.ProgramFault when the program was stopped
  public TestRunOutput testRun(RunnableProgram program, TestRunInput input) {
    return onOwnCpu(cpu -> SkLookupTestRun.run(cpu, program, input));
  }

  RunnableProgram reporting(RunnableProgram program) {
    return engine.equals(explainer)
        ? program
        : reporting.computeIfAbsent(
            program,
            p -> explainer.load(p.program(), LinuxPlatform.PLATFORM, EngineOptions.DEFAULT));
  }

  <T> T onOwnCpu(Function<WorldCpu, T> task) {
    synchronized (ownCpu) {
      return task.apply(ownCpu);
    }
  }

  SockSlots slots() {
    return slots;
  }

  synchronized int nextLink() {
    return ++lastLink;
  }

  Link register(Link link) {
    links.add(link);
    return link;
  }
}
