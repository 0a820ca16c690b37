package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.KernelSocket;
import io.bpf4j.linux.SockName;
import io.bpf4j.linux.SockOption;
import io.bpf4j.linux.TestRun;
import io.bpf4j.lookup.TestRunInput;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.sock.TcpSock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// What a simple reimplementation of the lookup gets wrong, part two: the lives of sockets, maps
/// and links. The numbers are those of the specification's list of edge behaviours.
final class LifeCasesTest extends Twins {
  /// A listener in the map, selected by an attached program.
  private static final String LISTENER =
      """
      open a tcp4
      bind a 127.0.0.2:8008 -> ok
      listen a -> ok
      put m0 a -> ok
      put h1 a -> ok
      prog 0 m0 pass
      attach L 0
      """;

  private static final String LOOKUP = "lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> ";

  private static void errno(Errno errno, ThrowingCallable call) {
    assertThatExceptionOfType(ErrnoException.class)
        .isThrownBy(call)
        .matches(e -> e.errno() == errno, "errno " + errno);
  }

  @Test
  void edge28AClosedSocketDisappearsFromEveryMap() {
    prove(
        LISTENER
            + LOOKUP
            + "a\nclose a\nat m0 -> ENOENT\nat h1 -> ENOENT\n"
            + LOOKUP
            + "none\n"
            + "result 0 0 -> absent\n");
  }

  @Test
  void edge29AListenerThatStoppedStaysInTheMapAndWorksAgain() {
    for (String stop : new String[] {"shutdown a", "disconnect a"}) {
      play(
          LISTENER
              + stop
              + " -> ok\nat m0 -> a\n"
              + LOOKUP
              + "none\nresult 0 0 -> ESOCKTNOSUPPORT\nlisten a -> ok\n"
              + LOOKUP
              + "a\nclose a\ndetach L\n");
    }
    assumeLive();
  }

  @Test
  void edge30AClientThatListensLaterIsAssignable() {
    prove(
        """
        open c tcp4
        bind c 127.0.0.1:7011 -> ok
        connect c 127.0.0.1:7012 -> ok
        put m0 c -> ok
        prog 0 m0 pass
        attach L 0
        """
            + LOOKUP
            + "none\nresult 0 0 -> ESOCKTNOSUPPORT\ndisconnect c -> ok\nat m0 -> c\n"
            + LOOKUP
            + "none\nresult 0 0 -> ESOCKTNOSUPPORT\nlisten c -> ok\n"
            + LOOKUP
            + "c\n");
  }

  @Test
  void edge31AUdpSocketWithoutAPortIsAssignableAndReceives() {
    prove(
        """
        open u udp4
        connect u 127.0.0.1:7012 -> ok
        put m0 u -> ok
        disconnect u -> ok
        at m0 -> u
        prog 0 m0 pass
        attach L 0
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        """);
  }

  @Test
  void edge32AUdpSocketThatConnectsStaysInTheMap() {
    prove(
        """
        open u udp4
        bind u 127.0.0.2:8008 -> ok
        put m0 u -> ok
        prog 0 m0 pass
        attach L 0
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        connect u 127.0.0.2:7012 -> ok
        at m0 -> u
        send 127.0.0.1:7101 127.0.0.1:7007 -> none
        result 0 0 -> ESOCKTNOSUPPORT
        disconnect u -> ok
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        """);
  }

  @Test
  void edge33LocalPacketsComeFromTheInterfaceThatOwnsTheirDestination() {
    prove(
        """
        open a tcp4
        bind a 0.0.0.0:7007 -> ok
        listen a -> ok
        open u udp4
        bind u 0.0.0.0:7007 -> ok
        prog 0 drop if ifindex=1
        attach L 0
        shake 127.0.0.1:0 127.0.0.1:7007 -> none
        shake 192.0.2.1:0 192.0.2.1:7007 -> a
        send 192.0.2.1:7101 192.0.2.1:7007 -> u
        send 127.0.0.1:7101 127.0.0.1:7007 -> none
        """);
  }

  @Test
  void edge35LookupsOfOtherProgramsAreSteeredAndDropped() {
    prove(
        LISTENER
            + """
            open u udp4
            bind u 127.0.0.1:7007 -> ok
            lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> u
            runs 0 -> 1
            """
            + LOOKUP
            + "a\nruns 0 -> 2\nprog 0 drop\n"
            + LOOKUP
            + "none\nlookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> none\nruns 0 -> 2\n");
  }

  @Test
  void edge36ADropBlocksRepliesToUnconnectedUdpClients() {
    prove(
        """
        open client udp4
        bind client 127.0.0.1:7102 -> ok
        send 127.0.0.1:7007 127.0.0.1:7102 -> client
        prog 0 drop
        attach L 0
        send 127.0.0.1:7007 127.0.0.1:7102 -> none
        connect client 127.0.0.1:7007 -> ok
        send 127.0.0.1:7007 127.0.0.1:7102 -> client
        """);
  }

  @Test
  void edge37ConnectionsSurviveADropAndTheEndOfTheirListener() {
    play(LISTENER);
    SockName dst = SockName.of("127.0.0.1", 7007);
    TcpSock listener = (TcpSock) sim().sock("a");
    Packet syn = packet("lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo");
    var child = listener.accept(syn.tuple(1)).named("child");
    live(live -> {
      try (KernelSocket early = live.ns().socket(Family.INET, Protocol.TCP);
          KernelSocket late = live.ns().socket(Family.INET, Protocol.TCP)) {
        early.bind(SockName.of("127.0.0.1", 7101)).connect(dst);
        late.connect(dst);
        try (KernelSocket accepted = live.socket("a").accept()) {
          play("prog 0 drop\n");
          late.send(new byte[] {1});
          try (KernelSocket waited = live.socket("a").accept()) {
            assertThat(waited.receive().data()).containsExactly(1);
            play("detach L\ndelete m0 -> ok\nclose a\n");
            early.send(new byte[] {2});
            assertThat(accepted.receive().data()).containsExactly(2);
            late.send(new byte[] {3});
            assertThat(waited.receive().data()).containsExactly(3);
            for (KernelSocket each : List.of(early, late, accepted, waited)) {
              each.set(SockOption.TCP_REPAIR, 1);
            }
          }
        }
      }
    });
    assertThat(sim().look(List.of(syn))).extracting(Answer::text).containsExactly("child");
    child.close();
    assumeLive();
  }

  private static Packet packet(String lookup) {
    return ((Step.Look) StepReader.read(lookup)).packet();
  }

  /// What a full queue does to a packet is not the lookup's business: it selects the listener all
  /// the same.
  @Test
  void edge38AFullListenerIsSelectedAllTheSame() {
    play(
        LISTENER
            + """
            open c tcp4
            bind c 127.0.0.1:7007 -> ok
            listen c -> ok
            """);
    live(live -> {
      // Room for one more than the backlog.
      live.socket("a").listen(0);
      try (KernelSocket waiting = live.ns().socket(Family.INET, Protocol.TCP)) {
        waiting.connect(SockName.of("127.0.0.1", 7007));
        Script script =
            Script.read("live: shake 127.0.0.1:0 127.0.0.1:7007 -> timeout\n" + LOOKUP + "a\n");
        assertThat(live.play(script.lines().getFirst().step()).text()).isEqualTo("timeout");
        waiting.set(SockOption.TCP_REPAIR, 1);
      }
    });
    prove(LOOKUP + "a\n");
  }

  @Test
  void edge39DeletingAnEmptyPlaceIsEinvalOrEnoentByTheMap() {
    play(
        """
        delete m0 -> EINVAL
        delete m99 -> EINVAL
        delete h0 -> ENOENT
        """);
    for (int type : new int[] {MapTypes.SOCKMAP, MapTypes.SOCKHASH}) {
      MapSpec spec = MapSpec.of("small", type, 4, 4, 1, 0);
      play("open a%1$d udp4\nbind a%1$d 127.0.0.1:%2$d -> ok\n".formatted(type, 7001 + type));
      RuntimeMap ours = sim().world().createMap(spec);
      ((io.bpf4j.map.SocketMap) ours).updateElem(KernelMap.index(0), sim().sock("a" + type), 0);
      errno(Errno.ENOSPC, () -> ours.lookupElem(KernelMap.index(0)));
      live(live -> {
        try (KernelMap theirs = KernelMap.create(spec)) {
          theirs.updateFd(0, live.socket("a" + type).fd());
          errno(Errno.ENOSPC, () -> theirs.lookupElem(KernelMap.index(0)));
        }
      });
    }
    assumeLive();
  }

  @Test
  void edge40AnArrayHasAllItsElementsAlways() {
    RuntimeMap ours = sim().table();
    byte[] value = new byte[TableProgram.VALUE_BYTES];
    byte[] first = KernelMap.index(0);
    byte[] beyond = KernelMap.index(Step.SLOTS);
    errno(Errno.EINVAL, () -> ours.deleteElem(first));
    errno(Errno.EEXIST, () -> ours.updateElem(first, value, 1));
    errno(Errno.E2BIG, () -> ours.updateElem(beyond, value, 0));
    errno(Errno.ENOENT, () -> ours.lookupElem(beyond));
    live(live -> {
      KernelMap theirs = live.table();
      errno(Errno.EINVAL, () -> theirs.deleteElem(first));
      errno(Errno.EEXIST, () -> theirs.updateElem(first, value, 1));
      errno(Errno.E2BIG, () -> theirs.updateElem(beyond, value, 0));
      errno(Errno.ENOENT, () -> theirs.lookupElem(beyond));
    });
    assumeLive();
  }

  @Test
  void edge44ANamespaceHasAtMost64LinksAndADetachedOneIsDead() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      text.append("attach l%d %d -> ok\n".formatted(i, i % 2));
    }
    prove(
        text
            + """
            attach one 0 -> E2BIG
            detach l7 -> ok
            detach l7 -> ok
            update l7 1 -> ENOLINK
            update l7 1 expect=0 -> EPERM
            update l7 0 expect=1 -> ENOLINK
            attach one 0 -> ok
            attach two 0 -> E2BIG
            """);
  }

  /// Appends a digit to the number that [#notes] shows.
  private static String digit(int digit) {
    return NOTING
        + """
        r1 = *(u64 *)(r7 +0)
        r1 *= 10
        r1 += %d
        *(u64 *)(r7 +0) = r1
        """
            .formatted(digit)
        + PASSING;
  }

  private static long order() {
    play("prog 7 pass\n" + LOOKUP + "none\n");
    return notes()[0];
  }

  @Test
  @SuppressWarnings("try") // closing a link of the kernel declares no more than Exception
  void edge45LinksKeepTheirOrder() throws Exception {
    try (Links one = links(1);
        Links two = links(2);
        Links three = links(3)) {
      assertThat(order()).isEqualTo(123);
      two.update(4);
      assertThat(order()).isEqualTo(143);
      one.detach();
      assertThat(order()).isEqualTo(43);
      try (Links again = links(1)) {
        assertThat(order()).isEqualTo(431);
        again.detach();
      }
      three.detach();
      assertThat(order()).isEqualTo(4);
    }
    assumeLive();
  }

  /// A link on both sides.
  @SuppressWarnings("try") // closing a link of the kernel declares no more than Exception
  private record Links(io.bpf4j.sklookup.Link ours, List<AutoCloseable> theirs)
      implements AutoCloseable {
    void update(int digit) {
      ours.update(
          sim()
              .world()
              .load(program(io.bpf4j.prog.ProgType.SK_LOOKUP, LifeCasesTest.digit(digit))));
      live(live -> {
        try (var prog = load(live, digit)) {
          ((io.bpf4j.linux.KernelLink) theirs.getFirst()).update(prog);
        }
      });
    }

    void detach() {
      ours.detach();
      live(live -> ((io.bpf4j.linux.KernelLink) theirs.getFirst()).detach());
    }

    @Override
    public void close() throws Exception {
      ours.detach();
      for (AutoCloseable each : theirs) {
        each.close();
      }
    }
  }

  private static io.bpf4j.linux.KernelProg load(LiveSide live, int digit) {
    return io.bpf4j.linux.KernelProg.load(
        request(live, io.bpf4j.prog.ProgType.SK_LOOKUP, digit(digit)));
  }

  private static Links links(int digit) {
    List<AutoCloseable> theirs = new java.util.ArrayList<>();
    var ours =
        sim()
            .ns()
            .attach(sim().world().load(program(io.bpf4j.prog.ProgType.SK_LOOKUP, digit(digit))));
    live(live -> {
      try (var prog = load(live, digit)) {
        theirs.add(live.ns().attach(prog));
      }
    });
    return new Links(ours, theirs);
  }

  @Test
  void edge50AnAcceptedSocketHasThePacketsDestination() {
    prove(
        LISTENER
            + """
            shake 127.0.0.1:0 127.0.0.1:7031 tell -> a 127.0.0.1:7031
            shake 127.0.0.1:0 127.0.0.2:8008 tell -> a 127.0.0.2:8008
            """);
  }

  @Test
  void edge51AReconnectedUdpSocketTakesItsNewPeersPacketsBeforeTheHook() {
    prove(
        """
        open u udp4
        bind u 127.0.0.1:7007 -> ok
        connect u 127.0.0.1:7101 -> ok
        connect u 127.0.0.1:7102 -> ok
        prog 0 drop
        attach L 0
        lookup udp 127.0.0.1:7102 127.0.0.1:7007 lo -> u
        runs 0 -> 0
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> none
        runs 0 -> 1
        """);
  }

  @Test
  void edge52OfSocketsWithTheSamePeerTheLastToConnectWins() {
    prove(
        """
        open a udp4
        set a so_reuseaddr 1
        bind a 127.0.0.1:7007 -> ok
        open b udp4
        set b so_reuseaddr 1
        bind b 127.0.0.1:7007 -> ok
        open c udp4
        set c so_reuseaddr 1
        device c lo -> ok
        bind c 127.0.0.1:7007 -> ok
        connect b 127.0.0.1:7101 -> ok
        connect c 127.0.0.1:7101 -> ok
        connect a 127.0.0.1:7101 -> ok
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
        close a
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> c
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 left -> b
        """);
  }

  /// The simulated half as far as the type can be made.
  @Test
  void edge53APushWithExistOnAFullQueueDropsTheOldest() {
    for (int type : new int[] {MapTypes.QUEUE, MapTypes.STACK}) {
      MapSpec spec = MapSpec.of("full", type, 0, 4, 2, 0);
      byte[] none = {};
      byte[] expected = KernelMap.index(type == MapTypes.QUEUE ? 2 : 3);
      live(live -> {
        try (KernelMap theirs = KernelMap.create(spec)) {
          theirs.updateElem(none, KernelMap.index(1), 0);
          theirs.updateElem(none, KernelMap.index(2), 0);
          errno(Errno.E2BIG, () -> theirs.updateElem(none, KernelMap.index(3), 0));
          theirs.updateElem(none, KernelMap.index(3), 2);
          assertThat(theirs.lookupAndDeleteElem(none, 0)).isEqualTo(expected);
          assertThat(theirs.lookupAndDeleteElem(none, 0))
              .isEqualTo(KernelMap.index(type == MapTypes.QUEUE ? 3 : 2));
        }
      });
      try {
        RuntimeMap ours = sim().world().createMap(spec);
        ours.updateElem(none, KernelMap.index(1), 0);
        ours.updateElem(none, KernelMap.index(2), 0);
        ours.updateElem(none, KernelMap.index(3), 2);
        assertThat(ours.lookupAndDeleteElem(none, 0)).isEqualTo(expected);
      } catch (UnsupportedException e) {
        assertThat(e).hasMessageContaining(type == MapTypes.QUEUE ? "QUEUE" : "STACK");
      }
    }
    assumeLive();
  }

  /// The kernel tells the sender of a datagram that came to nothing, which looks the sender up, in
  /// its turn past the hook. To datagrams for everybody the hook is not asked.
  @Test
  void edge34TheHookRunsForErrorsAndNotForBroadcasts() {
    prove(
        """
        open b udp4
        bind b 0.0.0.0:7008 -> ok
        prog 0 pass
        attach L 0
        send 127.0.0.1:7101 127.0.0.1:7007 -> none
        # The datagram; its sender is connected, so the error finds it before the hook.
        runs 0 -> 1
        prog 0 pass
        live: send 127.0.0.1:7101 127.0.0.1:7007 unconnected -> none
        sim: send 127.0.0.1:7101 127.0.0.1:7007 unconnected -> none
        sim: lookup udp 127.0.0.1:7007 127.0.0.1:7101 lo -> none
        runs 0 -> 2
        prog 0 pass
        live: send 127.0.0.1:7101 127.255.255.255:7008 unconnected -> b
        live: runs 0 -> 0
        """);
  }

  /// Several programs and selections with a group are run all the same beyond what the kernel
  /// offers.
  @Test
  void edge48ATestRunRefusesASelectionThatLeavesTheChoiceToAGroup() {
    play(
        """
        open a tcp4
        bind a 127.0.0.2:8008 -> ok
        listen a -> ok
        set a so_reuseport 1 -> ok
        put m0 a
        """);
    byte[] ctx = new byte[72];
    ByteBuffer.wrap(ctx)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(8, Family.INET.number())
        .putInt(12, Protocol.TCP.number());
    play("prog 0 m0 pass\n");
    errno(Errno.EOPNOTSUPP, () -> sim().world().testRun(sim().program(0), TestRunInput.of(ctx)));
    live(live -> errno(Errno.EOPNOTSUPP, () -> live.program(0).testRun(TestRun.Input.ctx(ctx))));
    for (String behaviour : List.of("m0+2 pass", "m0 drop", "pass")) {
      play("prog 0 " + behaviour + "\n");
      int ours = sim().world().testRun(sim().program(0), TestRunInput.of(ctx)).retval();
      assertThat(ours).isEqualTo(behaviour.endsWith("pass") ? 1 : 0);
      live(live ->
          assertThat(live.program(0).testRun(TestRun.Input.ctx(ctx)).retval()).isEqualTo(ours));
    }
    play("prog 0 m0 pass\n");
    assertThat(sim().ns().testRun(List.of(sim().program(0)), ctx).sock())
        .isEqualTo(sim().sock("a"));
    assumeLive();
  }

  private static final String BEFORE_TAIL_CALL =
      """
      r6 = r1
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto out
      r8 = r0
      r1 = r6
      r2 = r8
      r3 = 0
      call bpf_sk_assign#124
      r1 = r8
      call bpf_sk_release#86
      r1 = r6
      r2 = map[idx:4]
      r3 = 0
      call bpf_tail_call#12
      out:
      r0 = 0
      exit
      """;

  /// The simulated half as far as the type can be made.
  @Test
  void edge54ATailCalledProgramSeesAndChangesTheSelection() {
    play(LISTENER + "prog 0 pass\nopen b tcp4\nbind b 127.0.0.2:8009\nlisten b\nput m1 b\n");
    MapSpec spec = MapSpec.of("tail", MapTypes.PROG_ARRAY, 4, 4, 1, 0);
    assertThatExceptionOfType(UnsupportedException.class)
        .isThrownBy(() -> sim().world().createMap(spec))
        .withMessageContaining("PROG_ARRAY");
    live(live -> {
      List<KernelMap> maps = new java.util.ArrayList<>(liveMaps(live));
      try (KernelMap tail = KernelMap.create(spec)) {
        maps.add(tail);
        tail.updateFd(0, live.program(1).fd());
        var request =
            io.bpf4j.linux.LoadRequest.of(
                "tail",
                io.bpf4j.prog.ProgType.SK_LOOKUP,
                io.bpf4j.isa.InsnEncoder.encode(io.bpf4j.isa.Assembler.assemble(BEFORE_TAIL_CALL)),
                maps);
        try (var prog = io.bpf4j.linux.KernelProg.load(request);
            var link = live.ns().attach(prog)) {
          live(side -> {
            assertThat(link.info().netnsInode()).isNotZero();
            answered(side, "self+1 pass", "a");
            answered(side, "m1 pass", "a");
            assertThat(side.play(StepReader.read("result 1 0")).text()).isEqualTo("EEXIST");
            answered(side, "m1+1 pass", "b");
            answered(side, "null+1 pass", "none");
          });
        }
      }
    });
    assumeLive();
  }

  private static void answered(LiveSide live, String behaviour, String socket) {
    live.play(StepReader.read("prog 1 " + behaviour));
    assertThat(live.look(List.of(packet("lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo"))))
        .extracting(Answer::text)
        .containsExactly(socket);
  }
}
