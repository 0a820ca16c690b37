package io.bpf4j.cli;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.net.Family;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.netns.World;
import io.bpf4j.packet.PacketRun;
import io.bpf4j.packet.PacketTypes;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sklookup.Verdicts;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// A program on one engine in a world of its own, run as BPF_PROG_TEST_RUN does (net/bpf/test_run.c
/// bpf_prog_test_run_sk_lookup): only this program, on a context that the caller wrote, and no
/// regular lookup afterwards.
final class TestRun implements ProgramRun {
  private static final int COOKIE_BYTES = 8;
  private static final long SEED = 1;

  private final World world;
  private final ProgType type;
  private final ObjectMaps maps;
  private final RunnableProgram program;
  private final WorldCpu cpu;
  private final Probe probe = new Probe();
  private final Verdicts verdicts = new Verdicts();

  /// Makes the world: the object's maps, filled, and the program.
  ///
  /// @throws io.bpf4j.error.BpfException what refuses the program or a map it uses
  TestRun(Engine engine, BpfObject object, ProgSpec spec, ProgType type, List<MapSetup> setups) {
    this.type = type;
    this.world = World.of(engine, 1, SEED);
    this.maps = world.createMaps(object);
    Netns netns = world.createNetns("test");
    MapSetup.apply(setups, maps, netns);
    this.program = world.load(spec, maps, type);
    this.cpu = world.cpu(0);
  }

  @Override
  public void checkMap(String name) {
    MapSetup.find("--dump", name, maps);
  }

  @Override
  public List<Map<String, Object>> dump(String name) {
    return MapSetup.dump(MapSetup.find("--dump", name, maps));
  }

  /// Nothing: what a world holds goes with it.
  @Override
  public void close() {}

  @Override
  public Outcome skLookup(byte[] context, int repeat) {
    byte[] ctx = checked(context);
    packet(ByteBuffer.wrap(ctx).order(ByteOrder.LITTLE_ENDIAN));
    long at = cpu.ctx();
    long start = System.nanoTime();
    for (int i = 0; i < repeat; i++) {
      SkLookupCtx.write(at, probe);
      verdicts.begin();
      verdicts.before(at);
      verdicts.after(at, program.run(cpu, at, 0), 0);
    }
    double nanos = (double) (System.nanoTime() - start) / repeat;
    Sock selected = cpu.ofPointer(verdicts.selection());
    if (selected != null
        && !verdicts.noReuseport()
        && selected.getsockopt(SockOption.SO_REUSEPORT) != 0) {
      throw new ErrnoException(
          Errno.EOPNOTSUPP, "test_run", "the selected socket has SO_REUSEPORT set");
    }
    ByteBuffer.wrap(ctx)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(SkLookupCtx.SK, selected == null ? 0 : selected.cookie().value());
    return new Outcome(
        verdicts.drop() ? 0 : 1, selected == null ? null : selected.name(), ctx, nanos);
  }

  @Override
  public BenchLane lane(String engine, List<byte[]> inputs) {
    return type == ProgType.SK_LOOKUP
        ? new Contexts(engine, BenchTuples.powerOfTwo(inputs))
        : new Data(engine, inputs.getFirst());
  }

  /// The program over contexts that were checked and laid out before.
  private final class Contexts implements BenchLane {
    private final String engine;
    private final int count;
    private final Arena arena = Arena.ofShared();
    private final long table;
    private final TimedLoop loop = TimedLoop.copy();

    Contexts(String engine, List<byte[]> contexts) {
      this.engine = engine;
      this.count = contexts.size();
      this.table = arena.allocate((long) count * SkLookupCtx.SIZE, Long.BYTES).address();
      long at = cpu.ctx();
      for (int i = 0; i < count; i++) {
        packet(ByteBuffer.wrap(checked(contexts.get(i))).order(ByteOrder.LITTLE_ENDIAN));
        SkLookupCtx.write(at, probe);
        Memory.copy(at, table + (long) i * SkLookupCtx.SIZE, SkLookupCtx.SIZE);
      }
    }

    @Override
    public String program() {
      return program.program().name();
    }

    @Override
    public String engine() {
      return engine;
    }

    @Override
    public double time(boolean random, long runs) {
      long at = cpu.ctx();
      verdicts.begin();
      Memory.copy(table, at, SkLookupCtx.SIZE);
      verdicts.before(at);
      long start = System.nanoTime();
      if (random) {
        loop.contexts(program, cpu, table, count, SkLookupCtx.SIZE, runs);
      } else {
        loop.same(program, cpu, runs);
      }
      return (double) (System.nanoTime() - start) / runs;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /// The program over one memory, which it may change.
  private final class Data implements BenchLane {
    private final String engine;
    private final Arena arena = Arena.ofShared();
    private final TimedLoop loop = TimedLoop.copy();

    Data(String engine, byte[] data) {
      this.engine = engine;
      if (data.length != 0) {
        long address = arena.allocate(data.length, Long.BYTES).address();
        Memory.putBytes(address, data);
        cpu.memory(address, data.length);
      }
    }

    @Override
    public String program() {
      return program.program().name();
    }

    @Override
    public String engine() {
      return engine;
    }

    @Override
    public double time(boolean random, long runs) {
      long start = System.nanoTime();
      loop.bare(program, cpu, cpu.memBase(), cpu.memLength(), runs);
      return (double) (System.nanoTime() - start) / runs;
    }

    @Override
    public void close() {
      cpu.memory(0, 0);
      arena.close();
    }
  }

  /// The context with its full length, if the system call takes it.
  private static byte[] checked(byte[] context) {
    byte[] ctx = Arrays.copyOf(context, SkLookupCtx.SIZE);
    for (int i = SkLookupCtx.SIZE; i < context.length; i++) {
      if (context[i] != 0) {
        throw refuse(Errno.E2BIG, "byte " + i + " is behind the context's end and not 0");
      }
    }
    for (int i = 0; i < ctx.length; i++) {
      boolean mustBeZero = i < COOKIE_BYTES || i >= SkLookupCtx.INGRESS_IFINDEX;
      if (mustBeZero && ctx[i] != 0) {
        String field = i < COOKIE_BYTES ? "cookie" : "ingress_ifindex";
        throw refuse(Errno.EINVAL, field + " must be 0");
      }
    }
    return ctx;
  }

  private void packet(ByteBuffer ctx) {
    int port = ctx.getInt(SkLookupCtx.LOCAL_PORT);
    if (port < 0 || port > 0xffff) {
      throw refuse(Errno.ERANGE, "local_port " + Integer.toUnsignedString(port));
    }
    int family = ctx.getInt(SkLookupCtx.FAMILY) & 0xffff;
    int protocol = ctx.getInt(SkLookupCtx.PROTOCOL) & 0xffff;
    int remotePort = Short.toUnsignedInt(Short.reverseBytes(ctx.getShort(SkLookupCtx.REMOTE_PORT)));
    if (family == Family.INET.number()) {
      long remote = address4(ctx, SkLookupCtx.REMOTE_IP4);
      long local = address4(ctx, SkLookupCtx.LOCAL_IP4);
      probe.set(family, protocol, 0, remote, remotePort, 0, local, port, 0);
    } else if (family == Family.INET6.number()) {
      probe.set(
          family,
          protocol,
          Long.reverseBytes(ctx.getLong(SkLookupCtx.REMOTE_IP6)),
          Long.reverseBytes(ctx.getLong(SkLookupCtx.REMOTE_IP6 + 8)),
          remotePort,
          Long.reverseBytes(ctx.getLong(SkLookupCtx.LOCAL_IP6)),
          Long.reverseBytes(ctx.getLong(SkLookupCtx.LOCAL_IP6 + 8)),
          port,
          0);
    } else {
      throw refuse(Errno.EAFNOSUPPORT, "family " + family + " is neither 2 nor 10");
    }
  }

  private static long address4(ByteBuffer ctx, int offset) {
    return Integer.toUnsignedLong(Integer.reverseBytes(ctx.getInt(offset)));
  }

  private static ErrnoException refuse(Errno errno, String why) {
    return new ErrnoException(errno, "test_run context", why);
  }

  @Override
  public Outcome data(byte[] data, int repeat) {
    if (PacketTypes.holds(program.program().type())) {
      PacketRun.Result result = PacketRun.run(program, cpu, data, repeat);
      return new Outcome(result.retval(), null, result.data(), result.nanos());
    }
    try (Arena arena = Arena.ofConfined()) {
      if (data.length != 0) {
        long address = arena.allocate(data.length, Long.BYTES).address();
        Memory.putBytes(address, data);
        cpu.memory(address, data.length);
      }
      long r0 = 0;
      long start = System.nanoTime();
      for (int i = 0; i < repeat; i++) {
        r0 = program.run(cpu, cpu.memBase(), cpu.memLength());
      }
      double nanos = (double) (System.nanoTime() - start) / repeat;
      byte[] out = data.length == 0 ? data : Memory.bytes(cpu.memBase(), data.length);
      return new Outcome((int) r0, null, out, nanos);
    } finally {
      cpu.memory(0, 0);
    }
  }
}
