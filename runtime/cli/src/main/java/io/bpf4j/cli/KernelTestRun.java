package io.bpf4j.cli;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.linux.CpuPin;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.KernelNetns;
import io.bpf4j.linux.KernelProg;
import io.bpf4j.linux.KernelRunner;
import io.bpf4j.linux.KernelSocket;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.linux.LoadRequest;
import io.bpf4j.linux.LoadResult;
import io.bpf4j.linux.RunOptions;
import io.bpf4j.linux.SockName;
import io.bpf4j.linux.TestRun.Input;
import io.bpf4j.map.MapTypes;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sim.scenario.Nearest;
import io.bpf4j.sklookup.SkLookupCtx;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A program on this machine's kernel, with the object's maps and the setup's sockets in a network
/// namespace that nobody else sees. It runs on one CPU, whose values per-CPU maps show.
final class KernelTestRun implements ProgramRun {
  static final String NAME = "kernel";

  private static final int BACKLOG = 16;

  private final KernelNetns netns;
  private final ProgSpec spec;
  private final ProgType type;
  private final int cpu;
  private final Map<String, KernelMap> maps = new LinkedHashMap<>();
  private final Map<MapSetup.SocketName, KernelSocket> sockets = new LinkedHashMap<>();
  private final Map<Long, String> names = new HashMap<>();
  private final Map<String, Map<String, String>> named = new HashMap<>();
  private final List<KernelProg> progs = new ArrayList<>();
  private @Nullable KernelProg prog;

  private KernelTestRun(KernelNetns netns, ProgSpec spec, ProgType type) {
    this.netns = netns;
    this.spec = spec;
    this.type = type;
    this.cpu = netns.<Integer, RuntimeException>call(CpuPin::pin);
  }

  /// Loads the program with all maps of its object.
  ///
  /// @throws UsageException when the kernel is not open to us
  /// @throws io.bpf4j.error.BpfException what refuses the program, a map or a socket
  static KernelTestRun open(BpfObject object, ProgSpec spec, ProgType type, List<MapSetup> setups) {
    if (!KernelSupport.netns().granted()) {
      throw new UsageException("--engine kernel: " + KernelSupport.netns().reason());
    }
    KernelTestRun run = new KernelTestRun(KernelNetns.open(), spec, type);
    try {
      run.load(object);
      setups.forEach(run::apply);
      return run;
    } catch (RuntimeException e) {
      run.close();
      throw e;
    }
  }

  private void load(BpfObject object) {
    for (MapSpec map : object.maps()) {
      maps.put(map.name(), KernelMap.create(map));
    }
    if (type != ProgType.UNSPEC) {
      LoadRequest request =
          LoadRequest.of(spec.name(), type, InsnEncoder.encode(spec.insns()), programMaps())
              .withSubprogs(spec.subprogs())
              .withLicense(spec.license());
      prog = kept(KernelProg.load(request));
    }
    for (MapSpec map : object.maps()) {
      map.initial()
          .forEach((index, entry) -> {
            KernelMap inner = maps.get(entry);
            ProgSpec entryProg = object.program(entry);
            if (inner != null) {
              map(map.name()).updateFd(index, inner.fd());
            } else if (entryProg != null) {
              map(map.name()).updateFd(index, kept(KernelProg.load(entryProg, maps)).fd());
            }
          });
    }
  }

  private KernelProg kept(KernelProg loaded) {
    progs.add(loaded);
    return loaded;
  }

  private List<KernelMap> programMaps() {
    return spec.maps().stream().map(this::map).toList();
  }

  private void apply(MapSetup setup) {
    checkMap("--map", setup.map());
    KernelMap map = map(setup.map());
    boolean takesSockets = holdsSockets(map);
    for (MapSetup.Element element : setup.elements()) {
      MapSetup.SocketName name = element.socket();
      byte[] value = element.value();
      if (name != null && takesSockets) {
        KernelSocket socket = sockets.computeIfAbsent(name, this::open);
        map.updateFd(element.key(), socket.fd(), 0);
        named
            .computeIfAbsent(setup.map(), _ -> new LinkedHashMap<>())
            .put(HexFormat.of().formatHex(element.key()), name.toString());
      } else if (value != null && !takesSockets) {
        map.updateElem(element.key(), onEveryCpu(map, value), 0);
      } else {
        throw MapSetup.wrongElement(setup.map(), name == null);
      }
    }
  }

  private static boolean holdsSockets(KernelMap map) {
    int number = map.spec().type();
    return number == MapTypes.SOCKMAP || number == MapTypes.SOCKHASH;
  }

  private static boolean isPerCpu(KernelMap map) {
    return switch (map.spec().type()) {
      case MapTypes.PERCPU_HASH, MapTypes.PERCPU_ARRAY, MapTypes.LRU_PERCPU_HASH -> true;
      default -> false;
    };
  }

  /// A world of one CPU gives one value for per-CPU maps; here each CPU gets it.
  private static byte[] onEveryCpu(KernelMap map, byte[] value) {
    int stretch = map.userValueSize() / KernelSupport.possibleCpus();
    if (!isPerCpu(map) || value.length != stretch) {
      return value;
    }
    byte[] all = new byte[map.userValueSize()];
    for (int at = 0; at < all.length; at += stretch) {
      System.arraycopy(value, 0, all, at, stretch);
    }
    return all;
  }

  private KernelSocket open(MapSetup.SocketName name) {
    KernelSocket socket = netns.socket(name.local().address().family(), name.protocol());
    try {
      socket.bind(new SockName(name.local().address(), name.local().port()));
      if (name.protocol() == Protocol.TCP) {
        socket.listen(BACKLOG);
      }
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
    names.put(socket.cookie(), name.toString());
    return socket;
  }

  @Override
  public Outcome skLookup(byte[] context, int repeat) {
    io.bpf4j.linux.TestRun run = run(Input.ctx(context).withRepeat(repeat));
    byte[] out = Arrays.copyOf(run.ctx(), SkLookupCtx.SIZE);
    long cookie = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).getLong(SkLookupCtx.SK);
    String socket = cookie == 0 ? null : names.getOrDefault(cookie, "cookie " + cookie);
    return new Outcome(run.retval(), socket, out, run.durationNanos());
  }

  @Override
  public Outcome data(byte[] data, int repeat) {
    if (type == ProgType.UNSPEC) {
      return netns.<Outcome, RuntimeException>call(() -> bare(data, repeat));
    }
    io.bpf4j.linux.TestRun run = run(Input.data(data).withRepeat(repeat));
    return new Outcome(run.retval(), null, run.data(), run.durationNanos());
  }

  private io.bpf4j.linux.TestRun run(Input input) {
    KernelProg loaded = prog;
    if (loaded == null) {
      throw new IllegalStateException("a program without a type has no test run");
    }
    return netns.<io.bpf4j.linux.TestRun, RuntimeException>call(() -> loaded.testRun(input));
  }

  /// The time is that of the system call: what the kernel measures includes what shows the results.
  private Outcome bare(byte[] data, int repeat) {
    try (KernelRunner runner = KernelRunner.open(RunOptions.memory(data.length))) {
      if (!runner.load(spec.insns(), programMaps())) {
        throw switch (runner.answer()) {
          case LoadResult.Refused(ErrnoException refusal, String _) -> refusal;
          case LoadResult.Loaded _ ->
              new IllegalStateException("the kernel takes the program after all");
        };
      }
      runner.memory().copyFrom(MemorySegment.ofArray(data));
      long r0 = 0;
      long start = System.nanoTime();
      for (int i = 0; i < repeat; i++) {
        r0 = runner.run();
      }
      double nanos = (double) (System.nanoTime() - start) / repeat;
      return new Outcome((int) r0, null, runner.memory().toArray(JAVA_BYTE), nanos);
    }
  }

  @Override
  public BenchLane lane(String engine, List<byte[]> inputs) {
    KernelProg loaded = prog;
    if (loaded == null) {
      throw new UsageException(
          "prog '%s': a program without a type has no test run to be timed by"
              .formatted(spec.name()));
    }
    return new KernelLane(loaded, engine, inputs);
  }

  /// The program over and over in one system call, on one input at a time. The call's own price is
  /// spread over its runs; what remains of it is the row of an empty program.
  private final class KernelLane implements BenchLane {
    /// Inputs that stand for all of them, since each costs a call.
    private static final int SOME = 64;

    private final KernelProg loaded;
    private final String engine;
    private final List<byte[]> inputs;

    KernelLane(KernelProg loaded, String engine, List<byte[]> inputs) {
      this.loaded = loaded;
      this.engine = engine;
      this.inputs = inputs.subList(0, Math.min(SOME, inputs.size()));
    }

    @Override
    public String program() {
      return spec.name();
    }

    @Override
    public String engine() {
      return engine;
    }

    @Override
    public double time(boolean random, long runs) {
      if (!random) {
        return time(inputs.getFirst(), runs);
      }
      double sum = 0;
      for (byte[] input : inputs) {
        sum += time(input, Math.max(1, runs / inputs.size()));
      }
      return sum / inputs.size();
    }

    private double time(byte[] input, long runs) {
      int repeat = (int) Math.min(runs, Integer.MAX_VALUE);
      Input asked = type == ProgType.SK_LOOKUP ? Input.ctx(input) : Input.data(input);
      return netns.<Double, RuntimeException>call(() -> {
        Input repeated = asked.withRepeat(repeat);
        long start = System.nanoTime();
        loaded.testRun(repeated);
        return (double) (System.nanoTime() - start) / repeat;
      });
    }

    @Override
    public String note(boolean random) {
      return random
          ? "mean over %d inputs, each repeated: the kernel's test run takes one at a time"
              .formatted(inputs.size())
          : "";
    }

    /// Nothing: the run owns the program.
    @Override
    public void close() {}
  }

  private KernelMap map(String name) {
    KernelMap map = maps.get(name);
    if (map == null) {
      throw new IllegalStateException("the object has no map " + name);
    }
    return map;
  }

  @Override
  public void checkMap(String name) {
    checkMap("--dump", name);
  }

  private void checkMap(String option, String name) {
    if (!maps.containsKey(name)) {
      throw new UsageException(
          "%s %s: the object has no such map%s"
              .formatted(option, name, Nearest.hint(name, maps.keySet())));
    }
  }

  @Override
  public List<Map<String, Object>> dump(String name) {
    KernelMap map = map(name);
    List<Map<String, Object>> elements = new ArrayList<>();
    if (holdsSockets(map)) {
      named
          .getOrDefault(name, Map.of())
          .forEach((key, socket) -> elements.add(element(key, "socket", socket)));
      return elements;
    }
    HexFormat hex = HexFormat.of();
    for (Map.Entry<byte[], byte[]> entry : map.entries()) {
      String key = hex.formatHex(entry.getKey());
      elements.add(element(key, "value", hex.formatHex(own(map, entry.getValue()))));
    }
    return elements;
  }

  /// The value that programs on our CPU see.
  private byte[] own(KernelMap map, byte[] value) {
    if (!isPerCpu(map)) {
      return value;
    }
    int stretch = map.userValueSize() / KernelSupport.possibleCpus();
    return Arrays.copyOfRange(value, cpu * stretch, (cpu + 1) * stretch);
  }

  private static Map<String, Object> element(String key, String kind, String value) {
    Map<String, Object> element = new LinkedHashMap<>();
    element.put("key", key);
    element.put(kind, value);
    return element;
  }

  @Override
  public void close() {
    progs.forEach(KernelProg::close);
    sockets.values().forEach(KernelSocket::close);
    maps.values().forEach(KernelMap::close);
    netns.close();
  }
}
