package io.bpf4j.netns;

import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.Engines;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BindException;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.lookup.LookupResult.DroppedBy;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.map.MapTypes;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Worlds: namespaces, maps and programs of objects, CPUs.
final class WorldTest {
  private final TestNet net = new TestNet();

  private static ProgSpec spec(String name, ProgType type, String code, String... maps) {
    return new ProgSpec(
        name,
        "sk_lookup",
        type,
        Assembler.assemble(code),
        List.of(maps),
        List.of(new Subprog(name, 0)),
        List.of(),
        "GPL",
        null);
  }

  @Test
  void aMapThatCannotBeMadeStopsOnlyTheProgramsThatUseIt() {
    String use = "r0 = map[idx:0]\nr0 = 1\nexit";
    ProgSpec plain = spec("plain", ProgType.SK_LOOKUP, "r0 = 0\nexit");
    ProgSpec queue = spec("queue", ProgType.SK_LOOKUP, use, "later");
    ProgSpec empty = spec("empty", ProgType.SK_LOOKUP, use, "destinations");
    ProgSpec ports = spec("ports", ProgType.SK_LOOKUP, use, "ports");
    BpfObject object =
        new BpfObject(
            "test.o",
            "GPL",
            List.of(plain, queue, empty, ports),
            List.of(
                MapSpec.of("ports", MapTypes.HASH, 4, 8, 10, 0),
                MapSpec.of("later", MapTypes.QUEUE, 0, 8, 10, 0),
                MapSpec.of("destinations", MapTypes.HASH, 0, 0, 10, 0)),
            null);
    ObjectMaps maps = net.world.createMaps(object);
    assertThat(maps.byName()).containsOnlyKeys("ports");
    assertThat(maps.refused()).containsOnlyKeys("later", "destinations");
    net.world.load(plain, maps);
    net.world.load(ports, maps);
    assertThatThrownBy(() -> net.world.load(queue, maps))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("BPF_MAP_TYPE_QUEUE");
    assertThatThrownBy(() -> net.world.load(empty, maps))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("destinations");
    assertThatThrownBy(() -> net.world.load(queue, Map.of())).isInstanceOf(BindException.class);
  }

  @Test
  void aProgramsTypeCanBeGiven() {
    ProgSpec untyped = spec("untyped", ProgType.UNSPEC, "r0 = 0\nexit");
    RunnableProgram bare = net.world.load(untyped, Map.of());
    assertThat(errno(() -> net.attach(bare))).isEqualTo(Errno.EINVAL);
    Link link = net.attach(net.world.load(untyped, Map.of(), ProgType.SK_LOOKUP));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new DroppedBy(link));
  }

  @Test
  void otherProgramTypesAreRefusedByName() {
    ProgSpec probe = spec("probe", ProgType.KPROBE, "r0 = 0\nexit");
    assertThatThrownBy(() -> net.world.load(probe, Map.of()))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("program type kprobe");
  }

  @Test
  void helpersThatSkLookupDoesNotOfferAreRefused() {
    assertThatThrownBy(() -> net.program("no", "call helper#46\nr0 = 1\nexit"))
        .isInstanceOf(UnsupportedException.class);
  }

  @Test
  void namespacesHaveNamesAndInodesOfTheirOwn() {
    Netns other = net.world.createNetns("other");
    assertThat(other.inode()).isNotEqualTo(net.ns.inode());
    assertThat(net.world.netns()).containsExactly(net.ns, other);
    assertThat(errno(() -> net.world.createNetns("other"))).isEqualTo(Errno.EEXIST);
  }

  @Test
  void loIsThereAndInterfacesHaveOneIndexEach() {
    Netns fresh = net.world.createNetns("fresh");
    assertThat(fresh.devices()).containsExactly(new Device("lo", 1));
    assertThat(fresh.addDevice("lo", 1)).isEqualTo(new Device("lo", 1));
    fresh.addDevice("eth0", 2);
    assertThat(errno(() -> fresh.addDevice("eth1", 2))).isEqualTo(Errno.EEXIST);
    assertThat(errno(() -> fresh.addDevice("eth0", 3))).isEqualTo(Errno.EEXIST);
  }

  @Test
  void localTrafficComesInAtTheInterfaceThatOwnsItsDestination() {
    net.ns.addLocal(new Device("eth1", 3), Prefix.parse("198.51.100.0/24"));
    assertThat(net.ns.owner(IpAddr.parse("127.0.0.1"))).isEqualTo(new Device("lo", 1));
    assertThat(net.ns.owner(IpAddr.parse("10.0.0.1"))).isEqualTo(new Device("eth0", 2));
    assertThat(net.ns.owner(IpAddr.parse("198.51.100.77"))).isEqualTo(new Device("eth1", 3));
    assertThat(net.ns.owner(IpAddr.parse("203.0.113.1"))).isNull();
    assertThat(net.ns.owner(IpAddr.parse("::1"))).isEqualTo(new Device("lo", 1));
  }

  @Test
  void connectingChoosesTheSourceThatTheRouteNames() {
    net.ns.addLocal(new Device("eth1", 3), Prefix.parse("198.51.100.0/24"));
    source("127.0.0.9:5", "127.0.0.1");
    source("10.0.0.1:5", "10.0.0.1");
    source("198.51.100.9:5", "198.51.100.9");
    source("203.0.113.9:5", "10.0.0.1");
    source("[::1]:5", "::1");
    source("[2001:db8::9]:5", "fd00::1");
    Sock bound = net.open(Protocol.UDP, Family.INET, "dev3");
    assertThat(errno(() -> TestNet.connect(bound, "203.0.113.9:5"))).isEqualTo(Errno.ENETUNREACH);
  }

  private void source(String peer, String expected) {
    Sock sock = net.open(Protocol.UDP, TestNet.address(peer).family());
    TestNet.connect(sock, peer);
    assertThat(sock.address()).hasToString(expected);
  }

  @Test
  void socketsAndLinksAreFoundByTheNumbersInAnswers() {
    Sock one = net.tcp("0.0.0.0:1");
    Sock two = net.world.createNetns("other").open(Protocol.UDP, Family.INET6);
    assertThat(net.world.sockCount()).isEqualTo(2);
    assertThat(net.world.sock(0)).isSameAs(one);
    assertThat(net.world.sock(1)).isSameAs(two);
    assertThatThrownBy(() -> net.world.sock(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void manySocketsHavePointersOfTheirOwn() {
    Netns many = net.world.createNetns("many");
    for (int i = 0; i < 10_000; i++) {
      many.open(Protocol.UDP, Family.INET);
    }
    long distinct = many.sockets().stream().map(Sock::pointer).distinct().count();
    assertThat(distinct).isEqualTo(10_000);
    for (Sock sock : many.sockets()) {
      assertThat(net.world.cpu(0).ofPointer(sock.pointer())).isSameAs(sock);
      assertThat(net.world.cpu(0).ofPointer(sock.pointer() + 8)).isNull();
    }
    assertThat(net.world.cpu(0).ofPointer(0)).isNull();
  }

  @Test
  void worldsOfOneSeedDoTheSame() {
    World one = World.of(Engines.named("interp"), 1, 7);
    World two = World.of(Engines.named("interp"), 1, 7);
    for (World world : List.of(one, two)) {
      Sock sock = world.createNetns("ns").open(Protocol.TCP, Family.INET);
      sock.listen();
    }
    assertThat(one.sock(0).port()).isEqualTo(two.sock(0).port());
    assertThat(one.cpu(0).nextRandom()).isEqualTo(two.cpu(0).nextRandom());
  }

  @Test
  void theClockIsWhatItWasSetTo() {
    net.world.cpu(1).clockNanos(77);
    assertThat(net.world.cpu(1).clockNanos()).isEqualTo(77);
    assertThat(net.world.cpu(0).clockNanos()).isZero();
  }

  @Test
  void anotherEngineExplainsWhatOneRuns() {
    World world = World.of(Engines.named("checked-interp"), Engines.named("interp"), 1, 1);
    Netns ns = world.createNetns("ns");
    Sock sock = ns.open(Protocol.TCP, Family.INET);
    sock.listen();
    ns.attach(world.load(spec("pass", ProgType.SK_LOOKUP, "r0 = 1\nexit"), Map.of()));
    var tuple = TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:" + sock.port(), 1);
    assertThat(ns.explain(tuple).result()).isEqualTo(new Listener(sock));
    assertThat(ns.lookup(tuple)).isEqualTo(new Listener(sock));
  }
}
