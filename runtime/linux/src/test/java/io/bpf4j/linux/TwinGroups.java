package io.bpf4j.linux;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.cbpf.ClassicInsn;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.Step;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sock.Sock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Maps and programs of reuseport groups on both sides of a [TwinNet]. What the programs do is
/// written into a map before each packet: which map to select from, which key, what to return.
final class TwinGroups implements AutoCloseable {
  static final int ENTRIES = 4;

  private static final byte[] FIRST = KernelMap.index(0);

  /// Maps by index: 0 orders, 1 results, 2 sockarray, 3 sockmap, 4 sockhash.
  private static final List<MapSpec> SPECS =
      List.of(
          MapSpec.of("orders", MapTypes.ARRAY, 4, 16, 1, 0),
          MapSpec.of("results", MapTypes.ARRAY, 4, 32, 1, 0),
          MapSpec.of("array", MapTypes.REUSEPORT_SOCKARRAY, 4, 8, ENTRIES, 0),
          MapSpec.of("map", MapTypes.SOCKMAP, 4, 8, ENTRIES, 0),
          MapSpec.of("hash", MapTypes.SOCKHASH, 4, 8, ENTRIES, 0));

  private static final String ORDERS =
      """
      r6 = r1
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      r7 = r0
      """;

  private static final String RESULTS =
      """
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      """;

  private static final String SELECT =
      """
      if r9 != %1$d goto not%1$d
      r1 = r6
      r2 = map[idx:%2$d]
      r3 = r10
      r3 += -8
      r4 = *(u32 *)(r7 +12)
      call bpf_sk_select_reuseport#82
      goto done
      not%1$d:
      """;

  private static final String SK_REUSEPORT =
      ORDERS
          + """
          r1 = *(u32 *)(r7 +4)
          *(u32 *)(r10 -8) = r1
          r9 = *(u32 *)(r7 +0)
          """
          + SELECT.formatted(0, 2)
          + SELECT.formatted(1, 3)
          + SELECT.formatted(2, 4)
          + """
          r0 = 77
          done:
          r8 = r0
          """
          + RESULTS
          + """
          *(u64 *)(r0 +0) = r8
          r1 = *(u32 *)(r6 +20)
          *(u32 *)(r0 +8) = r1
          r1 = *(u32 *)(r6 +24)
          *(u32 *)(r0 +12) = r1
          r1 = *(u32 *)(r6 +28)
          *(u32 *)(r0 +16) = r1
          r2 = *(u64 *)(r6 +40)
          r1 = *(u32 *)(r2 +16)
          *(u32 *)(r0 +20) = r1
          r2 = *(u64 *)(r6 +0)
          r3 = *(u64 *)(r6 +8)
          r4 = r2
          r4 += 4
          if r4 > r3 goto end
          r1 = *(u16 *)(r2 +2)
          *(u32 *)(r0 +24) = r1
          r0 = *(u32 *)(r7 +8)
          exit
          end:
          r0 = 0
          exit
          """;

  private static final String FILTER =
      ORDERS
          + RESULTS
          + """
          r1 = *(u32 *)(r6 +16)
          *(u32 *)(r0 +8) = r1
          r0 = *(u32 *)(r7 +4)
          exit
          end:
          r0 = 0
          exit
          """;

  /// Selects from the SOCKMAP as ordered, and returns what is ordered.
  private static final String SK_LOOKUP =
      ORDERS
          + """
          r9 = *(u32 *)(r7 +8)
          r9 &= 1
          r1 = *(u32 *)(r7 +4)
          *(u32 *)(r10 -4) = r1
          r2 = r10
          r2 += -4
          r1 = map[idx:3]
          call bpf_map_lookup_elem#1
          if r0 == 0 goto none
          r8 = r0
          r1 = r6
          r2 = r8
          r3 = *(u32 *)(r7 +12)
          call bpf_sk_assign#124
          r1 = r8
          call bpf_sk_release#86
          none:
          r0 = r9
          exit
          end:
          r0 = 1
          exit
          """;

  final TwinNet net;
  final List<RuntimeMap> ours = new ArrayList<>();
  final List<KernelMap> theirs = new ArrayList<>();
  private final List<KernelProg> loaded = new ArrayList<>();
  private final RunnableProgram ourSelect;
  private final KernelProg theirSelect;
  private final RunnableProgram ourFilter;
  private final KernelProg theirFilter;
  private final RuntimeMap ourSteering;
  private final KernelMap theirSteering;
  private final RunnableProgram ourLookup;
  private final KernelProg theirLookup;
  private final List<KernelLink> links = new ArrayList<>();

  TwinGroups(TwinNet net) {
    this.net = net;
    for (MapSpec spec : SPECS) {
      ours.add(net.world.createMap(spec));
      theirs.add(KernelMap.create(spec));
    }
    ourSelect = ours(ProgType.SK_REUSEPORT, SK_REUSEPORT, ours);
    theirSelect = theirs(ProgType.SK_REUSEPORT, SK_REUSEPORT, theirs);
    ourFilter = ours(ProgType.SOCKET_FILTER, FILTER, ours);
    theirFilter = theirs(ProgType.SOCKET_FILTER, FILTER, theirs);
    // The sk_lookup program has orders of its own.
    List<RuntimeMap> ourMaps = new ArrayList<>(ours);
    List<KernelMap> theirMaps = new ArrayList<>(theirs);
    ourSteering = net.world.createMap(SPECS.getFirst());
    theirSteering = KernelMap.create(SPECS.getFirst());
    ourMaps.set(0, ourSteering);
    theirMaps.set(0, theirSteering);
    ourLookup = ours(ProgType.SK_LOOKUP, SK_LOOKUP, ourMaps);
    theirLookup = theirs(ProgType.SK_LOOKUP, SK_LOOKUP, theirMaps);
  }

  RunnableProgram ours(ProgType type, String code, List<RuntimeMap> maps) {
    return net.world.load(
        new Program(
            "test",
            type,
            Assembler.assemble(code),
            List.copyOf(maps),
            List.of(new Subprog("test", 0)),
            List.of(),
            "GPL"));
  }

  private KernelProg theirs(ProgType type, String code, List<KernelMap> maps) {
    KernelProg prog = Live.load(type, code, maps.toArray(KernelMap[]::new));
    loaded.add(prog);
    return prog;
  }

  RunnableProgram ourLookup() {
    return ourLookup;
  }

  KernelProg theirLookup() {
    return theirLookup;
  }

  /// Attaches the sk_lookup program.
  void steer() {
    net.ns.attach(ourLookup);
    links.add(net.live.attach(theirLookup));
    net.story.add("attach sk_lookup");
  }

  private static byte[] encoded(int where, int key, int verdict, int flags) {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(where)
        .putInt(key)
        .putInt(verdict)
        .putInt(flags)
        .array();
  }

  /// What group programs do next.
  ///
  /// @param where 0 sockarray, 1 sockmap, 2 sockhash, 3 none
  void order(int where, int key, int verdict, int flags) {
    byte[] order = encoded(where, key, verdict, flags);
    ours.getFirst().updateElem(FIRST, order, 0);
    theirs.getFirst().updateElem(FIRST, order, 0);
    ours.get(1).updateElem(FIRST, new byte[32], 0);
    theirs.get(1).updateElem(FIRST, new byte[32], 0);
    net.story.add("groups: map %d key %d returns %d".formatted(where, key, verdict));
  }

  /// What the sk_lookup program does next.
  void orderLookup(int key, int verdict, int flags) {
    byte[] order = encoded(0, key, verdict, flags);
    ourSteering.updateElem(FIRST, order, 0);
    theirSteering.updateElem(FIRST, order, 0);
    net.story.add("sk_lookup: key %d flags %d returns %d".formatted(key, flags, verdict));
  }

  byte[] ourResults() {
    return ours.get(1).lookupElem(FIRST);
  }

  byte[] theirResults() {
    return theirs.get(1).lookupElem(FIRST);
  }

  boolean attach(TwinNet.Twin twin, boolean filter) {
    return net.both(
        "%s attach %s".formatted(twin.ours().name(), filter ? "filter" : "sk_reuseport"),
        () -> twin.ours().attachReuseport(filter ? ourFilter : ourSelect),
        () ->
            twin.theirs()
                .set(
                    SockOption.SO_ATTACH_REUSEPORT_EBPF,
                    (filter ? theirFilter : theirSelect).fd()));
  }

  boolean attachClassic(TwinNet.Twin twin, List<ClassicInsn> insns) {
    return net.both(
        "%s attach classic %s".formatted(twin.ours().name(), insns),
        () -> twin.ours().attachReuseport(new ClassicFilter(insns)),
        () -> twin.theirs().attachReuseportFilter(classic(insns)));
  }

  static long[] classic(List<ClassicInsn> insns) {
    return insns.stream()
        .mapToLong(i -> i.code() | (long) i.jt() << 16 | (long) i.jf() << 24 | (long) i.k() << 32)
        .toArray();
  }

  boolean detach(TwinNet.Twin twin) {
    return net.both(
        twin.ours().name() + " detach",
        twin.ours()::detachReuseport,
        () -> twin.theirs().set(SockOption.SO_DETACH_REUSEPORT_BPF, 0));
  }

  boolean shutdown(TwinNet.Twin twin) {
    return net.both(
        twin.ours().name() + " shutdown", twin.ours()::shutdown, twin.theirs()::shutdown);
  }

  /// @param map index of the map, 2 to 4
  boolean put(int map, int key, TwinNet.Twin twin, long flags) {
    byte[] bytes = KernelMap.index(key);
    return net.both(
        "map %d key %d = %s flags %d".formatted(map, key, twin.ours().name(), flags),
        () -> ((SocketMap) ours.get(map)).updateElem(bytes, twin.ours(), flags),
        () -> theirs.get(map).updateFd(bytes, twin.theirs().fd(), flags));
  }

  boolean delete(int map, int key) {
    byte[] bytes = KernelMap.index(key);
    return net.both(
        "map %d delete key %d".formatted(map, key),
        () -> ours.get(map).deleteElem(bytes),
        () -> theirs.get(map).deleteElem(bytes));
  }

  /// The socket at a key as both sides know it, by the errors and cookies of lookups.
  void compareEntry(int map, int key) {
    byte[] bytes = KernelMap.index(key);
    Sock mine = ((SocketMap) ours.get(map)).sockAt(bytes);
    long cookie = 0;
    Errno error = null;
    try {
      cookie =
          ByteBuffer.wrap(theirs.get(map).lookupElem(bytes))
              .order(ByteOrder.LITTLE_ENDIAN)
              .getLong();
    } catch (ErrnoException e) {
      error = e.errno();
    }
    long known = cookie;
    TwinNet.Twin found =
        net.twins().stream()
            .filter(twin -> twin.theirs().cookie() == known)
            .findFirst()
            .orElse(null);
    boolean same =
        mine == null ? error == Errno.ENOENT : found != null && Objects.equals(found.ours(), mine);
    if (!same) {
      throw new AssertionError(
          "map %d key %d: ours %s, the kernel's %s %s%s"
              .formatted(map, key, mine, found, error, net.story()));
    }
  }

  /// Whether the last pick was the hash's: any member may then be the kernel's.
  static boolean byHash(LookupTrace trace) {
    return trace.steps().stream()
        .filter(Step.Reuseport.class::isInstance)
        .map(Step.Reuseport.class::cast)
        .reduce((_, last) -> last)
        .map(step -> step.run() == null || step.run().picked() == null)
        .orElse(false);
  }

  LookupTrace trace(Protocol protocol, SockName from, SockName to) {
    int iif = Objects.requireNonNull(net.ns.owner(to.address())).ifindex();
    return net.ns.explain(
        new Tuple(protocol, from.address(), from.port(), to.address(), to.port(), iif),
        protocol == Protocol.UDP ? TwinNet.PAYLOAD : new byte[0]);
  }

  /// The socket that a lookup found, or null.
  static @Nullable Sock found(LookupTrace trace) {
    return switch (trace.result()) {
      case LookupResult.Established(Sock sock) -> sock;
      case LookupResult.Listener(Sock sock) -> sock;
      case LookupResult.Steered(Sock sock, var _) -> sock;
      default -> null;
    };
  }

  @Override
  public void close() {
    links.forEach(KernelLink::close);
    loaded.forEach(KernelProg::close);
    theirs.forEach(KernelMap::close);
    theirSteering.close();
  }
}
