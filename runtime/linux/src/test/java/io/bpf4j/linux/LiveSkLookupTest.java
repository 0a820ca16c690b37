package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.isa.Assembler;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.BpfSockLayout;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.Sock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// sk_lookup programs on the kernel and in a world, side by side: the same sockets, the same
/// program, the same packet.
final class LiveSkLookupTest {
  private static final String LOAD =
      """
      %s
      r6 = *(%s *)(r1 %+d)
      """;

  /// Stores R6 as element 0 of the last map and passes.
  private static final String STORE =
      """
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:%d]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto stored
      *(u64 *)(r0 +0) = r6
      stored:
      """;

  private final World world = World.of(Engines.named("interp"), 1, 1);
  private final Netns ns = world.createNetns("ns");
  private final List<AutoCloseable> open = new ArrayList<>();
  private KernelNetns live;

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
    Live.assumeNetns();
  }

  @BeforeEach
  void enter() {
    live = KernelNetns.open();
    TwinNet.addAddress6(live, "fd00::1");
    TwinNet.addAddress6(live, "fd00::2");
  }

  @AfterEach
  void leave() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
    if (live != null) {
      live.close();
    }
  }

  private <T extends AutoCloseable> T kept(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private record Twin(Sock ours, KernelSocket theirs) {}

  private static SockName name(String text) {
    int colon = text.lastIndexOf(':');
    String host = text.substring(0, colon);
    return SockName.of(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        Integer.parseInt(text.substring(colon + 1)));
  }

  /// The same socket on both sides: `tcp [::]:80 v6only`; with a `>` a connected one.
  private Twin twin(String text) {
    String[] words = text.split(" ", -1);
    Protocol protocol = words[0].equals("tcp") ? Protocol.TCP : Protocol.UDP;
    SockName name = name(words[1]);
    Sock ours = ns.open(protocol, name.address().family());
    KernelSocket theirs = kept(live.socket(name.address().family(), protocol));
    boolean connect = false;
    for (String word : List.of(words).subList(2, words.length)) {
      if (word.equals("v6only")) {
        ours.setsockopt(io.bpf4j.sock.SockOption.IPV6_V6ONLY, 1);
        theirs.set(SockOption.IPV6_V6ONLY, 1);
      } else if (word.equals("port")) {
        ours.setsockopt(io.bpf4j.sock.SockOption.SO_REUSEPORT, 1);
        theirs.set(SockOption.SO_REUSEPORT, 1);
      } else if (word.startsWith("mark")) {
        ours.setsockopt(io.bpf4j.sock.SockOption.SO_MARK, 77);
        theirs.set(SockOption.SO_MARK, 77);
      } else if (word.startsWith("lo")) {
        ours.setsockopt(io.bpf4j.sock.SockOption.SO_BINDTOIFINDEX, 1);
        theirs.bindToDevice("lo");
      } else {
        connect = true;
      }
    }
    ours.bind(name.address(), name.port());
    theirs.bind(name);
    if (connect) {
      SockName peer = name(words[words.length - 1].substring(1));
      if (protocol == Protocol.TCP) {
        kept(live.socket(peer.address().family(), protocol)).bind(peer).listen(4);
      }
      ours.connect(peer.address(), peer.port());
      theirs.connect(peer);
    } else if (protocol == Protocol.TCP) {
      ours.listen();
      theirs.listen(4);
    }
    return new Twin(ours, theirs);
  }

  private static Program program(String code, List<RuntimeMap> maps) {
    return new Program(
        "test",
        ProgType.SK_LOOKUP,
        Assembler.assemble(code),
        List.copyOf(maps),
        List.of(new Subprog("test", 0)),
        List.of(),
        "GPL");
  }

  /// The packet as test_run takes it.
  private static byte[] ctx(Tuple tuple) {
    ByteBuffer out = ByteBuffer.allocate(SkLookupCtx.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(SkLookupCtx.FAMILY, tuple.family().number());
    out.putInt(SkLookupCtx.PROTOCOL, tuple.protocol().number());
    out.putInt(SkLookupCtx.LOCAL_PORT, tuple.dport().number());
    out.order(ByteOrder.BIG_ENDIAN);
    out.putShort(SkLookupCtx.REMOTE_PORT, (short) tuple.sport().number());
    if (tuple.family() == Family.INET) {
      out.putInt(SkLookupCtx.REMOTE_IP4, (int) tuple.src().lo());
      out.putInt(SkLookupCtx.LOCAL_IP4, (int) tuple.dst().lo());
    } else {
      out.putLong(SkLookupCtx.REMOTE_IP6, tuple.src().hi());
      out.putLong(SkLookupCtx.REMOTE_IP6 + 8, tuple.src().lo());
      out.putLong(SkLookupCtx.LOCAL_IP6, tuple.dst().hi());
      out.putLong(SkLookupCtx.LOCAL_IP6 + 8, tuple.dst().lo());
    }
    return out.array();
  }

  private static Tuple tuple(Protocol protocol, String src, String dst) {
    SockName from = name(src);
    SockName to = name(dst);
    return new Tuple(protocol, from.address(), from.port(), to.address(), to.port(), 0);
  }

  private static final List<Tuple> PACKETS =
      List.of(
          tuple(Protocol.TCP, "192.0.2.129:43981", "198.51.100.254:65432"),
          tuple(Protocol.UDP, "[2001:db8::8a:ffee]:43981", "[fd00::8001]:40000"),
          tuple(Protocol.TCP, "[2001:db8::8a:ffee]:1", "[fd00::8001]:2"),
          tuple(Protocol.UDP, "192.0.2.129:4", "198.51.100.254:3"));

  /// Every load of every width at every offset: whether it is legal, and what it gives.
  private void loads(CtxLayout layout, String pointer, List<Twin> sockets, List<Tuple> packets) {
    MapSpec resultSpec = MapSpec.of("result", MapTypes.ARRAY, 4, 8, 1, 0);
    MapSpec socketSpec = MapSpec.of("sockets", MapTypes.SOCKMAP, 4, 8, 8, 0);
    KernelMap theirResult = kept(KernelMap.create(resultSpec));
    KernelMap theirSockets = kept(KernelMap.create(socketSpec));
    RuntimeMap ourResult = world.createMap(resultSpec);
    SocketMap ourSockets = (SocketMap) world.createMap(socketSpec);
    int compared = 0;
    for (Twin twin : sockets) {
      theirSockets.updateFd(KernelMap.index(0), twin.theirs().fd(), 0);
      ourSockets.updateElem(KernelMap.index(0), twin.ours(), 0);
      for (int offset = 0; offset < layout.size() + 8; offset++) {
        for (int width = 1; width <= 8; width *= 2) {
          for (String sign : new String[] {"u", "s"}) {
            boolean legal = layout.rule(offset, width) != null;
            // There is no signed form of 8 bytes, and a pointer cannot be stored in a map. What is
            // legal does not depend on the socket.
            if ((width == 8 && (sign.equals("s") || offset == 0))
                || (!legal && !twin.equals(sockets.getFirst()))) {
              continue;
            }
            String code =
                LOAD.formatted(pointer, sign + 8 * width, offset)
                    + (pointer.isEmpty() ? "" : "r1 = r7\ncall bpf_sk_release#86\n")
                    + STORE.formatted(0)
                    + (pointer.isEmpty() ? "" : "none:\n")
                    + "r0 = 1\nexit";
            LoadRequest request =
                LoadRequest.of(
                    "load",
                    ProgType.SK_LOOKUP,
                    Live.code(code),
                    List.of(theirResult, theirSockets));
            LoadResult result = KernelProg.tryLoad(request);
            String what =
                "%s %s%d at %d of %s".formatted(twin.ours(), sign, 8 * width, offset, code);
            if (!(result instanceof LoadResult.Loaded(KernelProg prog, String _))) {
              assertThat(legal).as(what).isFalse();
              continue;
            }
            try (prog) {
              assertThat(legal).as(what).isTrue();
              Link link = ns.attach(world.load(program(code, List.of(ourResult, ourSockets))));
              for (Tuple packet : packets) {
                prog.testRun(TestRun.Input.ctx(ctx(packet)));
                ns.lookup(packet);
                assertThat(ourResult.lookupElem(KernelMap.index(0)))
                    .as("%s, %s", what, packet)
                    .isEqualTo(theirResult.lookupElem(KernelMap.index(0)));
                compared++;
              }
              link.detach();
            }
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  @Test
  void contextLoadsAreLegalAndAnsweredAsByTheKernel() {
    loads(SkLookupCtx.LAYOUT, "", List.of(twin("tcp 127.0.0.1:80")), PACKETS);
  }

  @Test
  void socketLoadsAreLegalAndAnsweredAsByTheKernel() {
    String pointer =
        """
        *(u32 *)(r10 -8) = 0
        r2 = r10
        r2 += -8
        r1 = map[idx:1]
        call bpf_map_lookup_elem#1
        if r0 == 0 goto none
        r7 = r0
        r1 = r7
        """;
    loads(
        BpfSockLayout.LAYOUT,
        pointer,
        List.of(
            twin("tcp 127.0.0.2:43981 mark lo"),
            twin("tcp [::]:81"),
            twin("udp [fd00::1]:82"),
            twin("udp [::ffff:127.0.0.1]:83"),
            twin("udp 127.0.0.1:84 >127.0.0.9:43981"),
            twin("udp [::]:85 >[::ffff:127.0.0.9]:86"),
            twin("udp [fd00::1]:87 >[fd00::2]:43981"),
            twin("tcp 127.0.0.1:88 >127.0.0.9:89"),
            twin("tcp [::ffff:127.0.0.1]:90 >[::ffff:127.0.0.9]:91"),
            twin("tcp [fd00::1]:92 >[fd00::2]:93")),
        PACKETS.subList(0, 1));
  }

  @Test
  void assignmentsAreAnsweredAsByTheKernel() {
    List<Twin> twins =
        List.of(
            twin("tcp 127.0.0.1:80"),
            twin("tcp [::]:81"),
            twin("tcp [::]:82 v6only"),
            twin("tcp [fd00::1]:83"),
            twin("tcp [::ffff:127.0.0.1]:84"),
            twin("tcp 127.0.0.1:85 >127.0.0.9:89"),
            twin("udp 127.0.0.1:80"),
            twin("udp [::]:81"),
            twin("udp [::]:82 v6only"),
            twin("udp [fd00::1]:83"),
            twin("udp [::ffff:127.0.0.1]:84"),
            twin("udp 127.0.0.1:85 >127.0.0.9:89"));
    int steps = 4;
    MapSpec resultSpec = MapSpec.of("result", MapTypes.ARRAY, 4, 8, steps, 0);
    MapSpec socketSpec = MapSpec.of("sockets", MapTypes.SOCKMAP, 4, 8, 16, 0);
    KernelMap theirResult = kept(KernelMap.create(resultSpec));
    KernelMap theirSockets = kept(KernelMap.create(socketSpec));
    RuntimeMap ourResult = world.createMap(resultSpec);
    SocketMap ourSockets = (SocketMap) world.createMap(socketSpec);
    for (int i = 0; i < twins.size(); i++) {
      theirSockets.updateFd(i, twins.get(i).theirs().fd());
      ourSockets.updateElem(KernelMap.index(i), twins.get(i).ours(), 0);
    }
    Random random = new Random(4);
    int[] flagsToTry = {0, 0, 0, 1, 1, 2, 3, 4, 8, -1};
    for (int round = 0; round < 400; round++) {
      StringBuilder code = new StringBuilder("r6 = r1\n");
      for (int step = 0; step < steps; step++) {
        int place = random.nextInt(twins.size() + 1);
        int flags = flagsToTry[random.nextInt(flagsToTry.length)];
        code.append(
            """
            *(u32 *)(r10 -4) = %2$d
            r2 = r10
            r2 += -4
            r1 = map[idx:1]
            call bpf_map_lookup_elem#1
            r7 = r0
            r1 = r6
            r2 = 0
            if r7 == 0 goto assign%1$d
            r2 = r7
            assign%1$d:
            r3 = %3$d
            call bpf_sk_assign#124
            r8 = r0
            if r7 == 0 goto null%1$d
            r1 = r7
            call bpf_sk_release#86
            null%1$d:
            *(u32 *)(r10 -4) = %1$d
            r2 = r10
            r2 += -4
            r1 = map[idx:0]
            call bpf_map_lookup_elem#1
            if r0 == 0 goto end%1$d
            *(u64 *)(r0 +0) = r8
            end%1$d:
            """
                .formatted(step, place, flags));
      }
      code.append("r0 = ").append(random.nextInt(8) == 0 ? 0 : 1).append("\nexit");
      Tuple packet = PACKETS.get(random.nextInt(PACKETS.size()));
      try (KernelProg prog =
          Live.load(ProgType.SK_LOOKUP, code.toString(), theirResult, theirSockets)) {
        TestRun run = prog.testRun(TestRun.Input.ctx(ctx(packet)));
        Link link = ns.attach(world.load(program(code.toString(), List.of(ourResult, ourSockets))));
        Sock selected =
            ns.lookup(packet) instanceof io.bpf4j.lookup.LookupResult.Steered(Sock s, Link _)
                ? s
                : null;
        link.detach();
        for (int step = 0; step < steps; step++) {
          assertThat(ourResult.lookupElem(KernelMap.index(step)))
              .as("assignment %d for %s:\n%s", step, packet, code)
              .isEqualTo(theirResult.lookupElem(KernelMap.index(step)));
        }
        long cookie = ByteBuffer.wrap(run.ctx()).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        long ours =
            twins.stream()
                .filter(twin -> twin.ours().equals(selected))
                .mapToLong(twin -> twin.theirs().cookie())
                .findFirst()
                .orElse(0);
        assertThat(ours).as("selection for %s:\n%s", packet, code).isEqualTo(cookie);
      }
    }
  }
}
