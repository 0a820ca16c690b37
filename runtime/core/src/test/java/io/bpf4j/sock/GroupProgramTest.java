package io.bpf4j.sock;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.cbpf.ClassicInsn;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.Errno;
import io.bpf4j.isa.Assembler;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupResult.DroppedByGroup;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.Steered;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Spec section 1.5: groups that ask a program.
final class GroupProgramTest {
  private static final String SELECT =
      """
      *(u32 *)(r10 -4) = %d
      r2 = map[idx:0]
      r3 = r10
      r3 += -4
      r4 = 0
      call bpf_sk_select_reuseport#82
      r0 = %d
      exit
      """;

  private final TestNet net = new TestNet();

  private RunnableProgram program(ProgType type, String code, RuntimeMap... maps) {
    return net.world.load(
        new Program(
            "test",
            type,
            Assembler.assemble(code),
            List.of(maps),
            List.of(new Subprog("test", 0)),
            List.of(),
            "GPL"));
  }

  private RunnableProgram selecting(SocketMap map, int key, int verdict) {
    return program(ProgType.SK_REUSEPORT, SELECT.formatted(key, verdict), map);
  }

  private RunnableProgram returning(int verdict) {
    return program(ProgType.SK_REUSEPORT, "r0 = %d\nexit".formatted(verdict));
  }

  private SocketMap array(Sock... socks) {
    SocketMap map = (SocketMap) net.map(MapTypes.REUSEPORT_SOCKARRAY, 4, 8, 8);
    for (int i = 0; i < socks.length; i++) {
      map.updateElem(OffHeap.u32(i), socks[i], 0);
    }
    return map;
  }

  private Sock make(Protocol protocol, String endpoint, String... options) {
    return protocol == Protocol.TCP ? net.tcp(endpoint, options) : net.udp(endpoint, options);
  }

  private LookupResult ask(Protocol protocol, String dst) {
    return protocol == Protocol.TCP ? net.tcpTo(dst) : net.udpTo(dst);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theProgramPicksTheMember(Protocol protocol) {
    Sock a = make(protocol, "10.0.0.1:80", "port");
    Sock b = make(protocol, "10.0.0.1:80", "port");
    for (Sock wanted : List.of(a, b, a)) {
      a.attachReuseport(selecting(array(), 0, 1));
      SocketMap map = net.sockmap(wanted);
      b.attachReuseport(selecting(map, 0, 1));
      assertThat(ask(protocol, "10.0.0.1:80")).isEqualTo(new Listener(wanted));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, -1})
  void everyVerdictButPassRefusesAndNothingFurtherIsScanned(int verdict) {
    for (Protocol protocol : Protocol.values()) {
      Sock exact = make(protocol, "10.0.0.1:80", "port");
      make(protocol, "0.0.0.0:80", "port");
      exact.attachReuseport(returning(verdict));
      assertThat(ask(protocol, "10.0.0.1:80")).isEqualTo(new DroppedByGroup(exact, null));
      assertThat(ask(protocol, "10.0.0.2:80")).isInstanceOf(Listener.class);
    }
  }

  @Test
  void aPassWithoutSelectionLeavesItToTheHash() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.udp("10.0.0.1:80", "port");
    LookupResult byHash = net.udpTo("10.0.0.1:80");
    a.attachReuseport(returning(1));
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(byHash);
    a.attachReuseport(selecting(array(a, b), 5, 1));
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(byHash);
  }

  @Test
  void aFilterReturnsAnIndexAndABadOneLeavesItToTheHash() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.udp("10.0.0.1:80", "port");
    LookupResult byHash = net.udpTo("10.0.0.1:80");
    for (Sock wanted : List.of(a, b)) {
      int index = wanted == a ? 0 : 1;
      a.attachReuseport(program(ProgType.SOCKET_FILTER, "r0 = %d\nexit".formatted(index)));
      assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(new Listener(wanted));
      a.attachReuseport(new ClassicFilter(List.of(ClassicInsn.of(ClassicInsn.RET, index))));
      assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(new Listener(wanted));
    }
    a.attachReuseport(new ClassicFilter(List.of(ClassicInsn.of(ClassicInsn.RET, -1))));
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(byHash);
  }

  @Test
  void aFilterReadsThePayloadAndFindsNothingBehindIt() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.udp("10.0.0.1:80", "port");
    int load = ClassicInsn.LD | ClassicInsn.B | ClassicInsn.ABS;
    a.attachReuseport(
        new ClassicFilter(
            List.of(ClassicInsn.of(load, 2), ClassicInsn.of(ClassicInsn.RET | ClassicInsn.A, 0))));
    var tuple = TestNet.tuple(Protocol.UDP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    assertThat(net.ns.lookup(tuple, new byte[] {7, 7, 1})).isEqualTo(new Listener(b));
    assertThat(net.ns.lookup(tuple, new byte[] {7, 7})).isEqualTo(new Listener(a));
    assertThat(net.ns.lookup(tuple)).isEqualTo(new Listener(a));
  }

  @Test
  void aSelectionOfSkLookupIsHandedToTheGroupsProgramUnlessForbidden() {
    Sock a = net.tcp("10.0.0.2:80", "port");
    Sock b = net.tcp("10.0.0.2:80", "port");
    net.tcp("10.0.0.1:80");
    SocketMap map = net.sockmap(a, b);
    a.attachReuseport(selecting(map, 1, 1));
    Link link = net.attach(net.assigning(map, 1, 0, 0));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Steered(b, link));
    a.attachReuseport(returning(0));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new DroppedByGroup(a, link));
    link.update(net.assigning(map, 1, 0, 2));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Steered(a, link));
  }

  @Test
  void aSelectionOfSkLookupOverridesWhatAUdpGroupRefusedBefore() {
    Sock exact = net.udp("10.0.0.1:80", "port");
    Sock other = net.udp("10.0.0.2:80");
    exact.attachReuseport(returning(0));
    Link link = net.attach(net.assigning(net.sockmap(other), 1, 0, 0));
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(new Steered(other, link));
    link.detach();
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(new DroppedByGroup(exact, null));
  }

  @Test
  void aLookupWithoutAPacketDoesNotAskTheProgram() {
    Sock only = net.tcp("10.0.0.1:80", "port");
    only.attachReuseport(returning(0));
    var tuple = TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    assertThat(net.ns.lookupWithoutPacket(tuple)).isEqualTo(new Listener(only));
    assertThat(net.ns.lookup(tuple)).isEqualTo(new DroppedByGroup(only, null));
  }

  @Test
  void aClearedFlagLeavesTheProgramUnasked() {
    Sock only = net.tcp("10.0.0.1:80", "port");
    only.attachReuseport(returning(0));
    only.setsockopt(SockOption.SO_REUSEPORT, false);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Listener(only));
  }

  @Test
  void attachingNeedsAGroupOrASocketThatCanStartOne() {
    RunnableProgram pass = returning(1);
    Sock plain = net.tcp("10.0.0.1:80");
    assertThat(TestNet.errno(() -> plain.attachReuseport(pass))).isEqualTo(Errno.EINVAL);
    Sock unbound = net.open(Protocol.TCP, Family.INET);
    assertThat(TestNet.errno(() -> unbound.attachReuseport(pass))).isEqualTo(Errno.EINVAL);
    unbound.setsockopt(SockOption.SO_REUSEPORT, true);
    unbound.attachReuseport(pass);
    assertThat(Objects.requireNonNull(unbound.group()).program()).isNotNull();
    RunnableProgram lookup = net.returning(1);
    Sock member = net.udp("10.0.0.1:80", "port");
    assertThat(TestNet.errno(() -> member.attachReuseport(lookup))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aProgramGivenBeforeBindMakesAGroupOfItsOwnThatCannotJoinAnother() {
    Sock early = net.open(Protocol.UDP, Family.INET, "port");
    early.attachReuseport(returning(0));
    early.bind(TestNet.address("10.0.0.1:80"), TestNet.port("10.0.0.1:80"));
    assertThat(net.udpTo("10.0.0.1:80")).isEqualTo(new DroppedByGroup(early, null));
    // A socket with a program of its own is no sharer to the check for conflicts.
    Sock late = net.open(Protocol.UDP, Family.INET, "port");
    late.attachReuseport(returning(1));
    assertThat(
            TestNet.errno(
                () -> late.bind(TestNet.address("10.0.0.1:80"), TestNet.port("10.0.0.1:80"))))
        .isEqualTo(Errno.EADDRINUSE);
  }

  @Test
  void detachingTakesTheProgramAwayOnce() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.udp("10.0.0.1:80", "port");
    assertThat(TestNet.errno(a::detachReuseport)).isEqualTo(Errno.ENOENT);
    a.attachReuseport(returning(0));
    b.detachReuseport();
    assertThat(net.udpTo("10.0.0.1:80")).isInstanceOf(Listener.class);
    assertThat(TestNet.errno(a::detachReuseport)).isEqualTo(Errno.ENOENT);
    Sock plain = net.udp("10.0.0.1:81");
    assertThat(TestNet.errno(plain::detachReuseport)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void leavingAGroupLeavesItsArray() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.tcp("10.0.0.1:80", "port");
    Sock c = net.udp("10.0.0.1:80", "port");
    SocketMap map = array(a, b, c);
    TestNet.connect(a, "10.0.0.9:53");
    b.shutdown();
    c.close();
    assertThat(map.socks()).isEmpty();
    b.listen();
    map.updateElem(OffHeap.u32(3), b, 0);
    assertThat(map.sockAt(OffHeap.u32(3))).isEqualTo(b);
  }

  @Test
  void aSocketIsInOneArrayOrInMapsNotInBoth() {
    Sock a = net.udp("10.0.0.1:80", "port");
    Sock b = net.udp("10.0.0.1:80", "port");
    SocketMap array = array(a);
    SocketMap map = net.sockmap(b);
    byte[] key = OffHeap.u32(0);
    assertThat(TestNet.errno(() -> array.updateElem(key, a, 0))).isEqualTo(Errno.EBUSY);
    assertThat(TestNet.errno(() -> map.updateElem(key, a, 0))).isEqualTo(Errno.EBUSY);
    assertThat(TestNet.errno(() -> array.updateElem(OffHeap.u32(1), b, 0))).isEqualTo(Errno.EBUSY);
    map.deleteElem(key);
    array.updateElem(key, b, 0);
    map.updateElem(key, a, 0);
    assertThat(array.sockAt(key)).isEqualTo(b);
  }

  @Test
  void arraysRefuseInTheKernelsOrder() {
    SocketMap array = array();
    Sock unbound = net.open(Protocol.UDP, Family.INET, "port");
    Sock plain = net.udp("10.0.0.1:81");
    Sock unix = net.ns.openUnix(UnixSock.Kind.DGRAM);
    byte[] key = OffHeap.u32(0);
    byte[] outside = OffHeap.u32(8);
    assertThat(TestNet.errno(() -> array.updateElem(outside, plain, 3))).isEqualTo(Errno.EINVAL);
    assertThat(TestNet.errno(() -> array.updateElem(outside, plain, 0))).isEqualTo(Errno.E2BIG);
    assertThat(TestNet.errno(() -> array.updateElem(key, unix, 2))).isEqualTo(Errno.ENOENT);
    assertThat(TestNet.errno(() -> array.updateElem(key, unix, 0))).isEqualTo(Errno.ENOTSUPP);
    assertThat(TestNet.errno(() -> array.updateElem(key, plain, 0))).isEqualTo(Errno.EINVAL);
    assertThat(TestNet.errno(() -> array.updateElem(key, unbound, 0))).isEqualTo(Errno.EINVAL);
    assertThat(TestNet.errno(() -> array.deleteElem(key))).isEqualTo(Errno.ENOENT);
    assertThat(TestNet.errno(() -> array.deleteElem(outside))).isEqualTo(Errno.E2BIG);
    assertThat(TestNet.errno(() -> array.lookupElem(key))).isEqualTo(Errno.ENOENT);
  }

  @Test
  void aPeersDatagramLeavesItsCpuBehindOnlyOnASocketWithAPeer() {
    UdpSock sock = (UdpSock) net.udp("10.0.0.1:53");
    sock.received(Family.INET, 1);
    assertThat(sock.getsockopt(SockOption.SO_INCOMING_CPU)).isEqualTo(-1);
    TestNet.connect(sock, "10.0.0.9:53");
    sock.received(Family.INET, 1);
    sock.disconnect();
    assertThat(sock.getsockopt(SockOption.SO_INCOMING_CPU)).isEqualTo(1);
  }
}
