package io.bpf4j.sock;

import static io.bpf4j.netns.TestNet.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupResult.Established;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Spec section 1.5: groups of sockets that share a port, without programs.
final class ReuseportTest {
  private static final String PEER = "203.0.113.5:53";

  private final TestNet net = new TestNet();

  private static List<Sock> members(Sock sock) {
    return Objects.requireNonNull(sock.group()).members();
  }

  private Sock make(Protocol protocol, String endpoint, String... options) {
    return protocol == Protocol.TCP ? net.tcp(endpoint, options) : net.udp(endpoint, options);
  }

  private LookupResult ask(Protocol protocol, int sport, String dst) {
    String src = (dst.startsWith("[") ? "[2001:db8::1]:" : "192.0.2.1:") + sport;
    return net.ns.lookup(TestNet.tuple(protocol, src, dst, 2));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aGroupSpreadsTuplesEvenlyAndEachTupleStays(Protocol protocol) {
    for (String any : List.of("0.0.0.0:80", "[::]:81")) {
      List<Sock> group = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        group.add(make(protocol, any, "port"));
      }
      assertThat(members(group.getFirst())).containsExactlyElementsOf(group);
      String dst = any.startsWith("0") ? "10.0.0.1:80" : "[fd00::1]:81";
      Map<LookupResult, Integer> counts = new HashMap<>();
      for (int sport = 1000; sport < 5000; sport++) {
        LookupResult answer = ask(protocol, sport, dst);
        assertThat(ask(protocol, sport, dst)).isEqualTo(answer);
        counts.merge(answer, 1, Integer::sum);
      }
      assertThat(counts.keySet()).hasSize(4);
      assertThat(counts.values()).allMatch(n -> n > 850 && n < 1150);
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aWildcardGroupDoesNotSpreadByDestination(Protocol protocol) {
    for (int i = 0; i < 8; i++) {
      make(protocol, "0.0.0.0:80", "port");
    }
    Set<LookupResult> answers = new HashSet<>();
    for (int i = 1; i < 100; i++) {
      answers.add(ask(protocol, 1000, "10.0.7." + i + ":80"));
    }
    assertThat(answers).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theLastMemberMovesIntoTheHoleAndANewcomerIsLast(Protocol protocol) {
    Sock[] s = new Sock[5];
    for (int i = 0; i < 4; i++) {
      s[i] = make(protocol, "0.0.0.0:80", "port");
    }
    s[1].close();
    assertThat(members(s[0])).containsExactly(s[0], s[3], s[2]);
    s[4] = make(protocol, "0.0.0.0:80", "port");
    assertThat(members(s[0])).containsExactly(s[0], s[3], s[2], s[4]);
    assertThat(s[1].group()).isNull();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void groupsAreOfOneFamilyDeviceAddressAndV6onlyFlag(Protocol protocol) {
    Sock four = make(protocol, "0.0.0.0:80", "port");
    Sock six = make(protocol, "[::]:80", "port");
    Sock only = make(protocol, "[::]:80", "port", "v6only");
    Sock device = make(protocol, "0.0.0.0:80", "port", "dev2");
    Sock exact = make(protocol, "10.0.0.1:80", "port");
    Sock mapped = make(protocol, "[::ffff:10.0.0.1]:80", "port");
    for (Sock sock : List.of(four, six, only, device, exact, mapped)) {
      assertThat(members(sock)).containsExactly(sock);
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aFlagSetTooLateMakesNoGroupUntilANewcomerComes(Protocol protocol) {
    Sock old = make(protocol, "0.0.0.0:80");
    old.setsockopt(SockOption.SO_REUSEPORT, true);
    assertThat(old.group()).isNull();
    assertThat(ask(protocol, 1, "10.0.0.1:80")).isEqualTo(new Listener(old));
    Sock young = make(protocol, "0.0.0.0:80", "port");
    assertThat(members(young)).containsExactly(old, young);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aFlagTakenAwayLeavesTheGroupButNotAsAPicker(Protocol protocol) {
    make(protocol, "0.0.0.0:80", "port");
    Sock front = make(protocol, "0.0.0.0:80", "port");
    front.setsockopt(SockOption.SO_REUSEPORT, false);
    for (int sport = 1; sport < 50; sport++) {
      assertThat(ask(protocol, sport, "10.0.0.1:80")).isEqualTo(new Listener(front));
    }
    assertThat(members(front)).hasSize(2);
  }

  @Test
  void aTcpSocketJoinsWhenItListensAndLeavesWhenItStops() {
    Sock first = net.tcp("0.0.0.0:80", "port");
    Sock second = net.bound(Protocol.TCP, "0.0.0.0:80", "port");
    assertThat(members(first)).containsExactly(first);
    second.listen();
    assertThat(members(first)).containsExactly(first, second);
    first.shutdown();
    assertThat(members(second)).containsExactly(second);
    first.listen();
    assertThat(members(second)).containsExactly(second, first);
  }

  @Test
  void aTcpListenerStaysInItsGroupWhenItsDeviceChangesAUdpSocketLeaves() {
    Sock tcp = net.tcp("0.0.0.0:80", "port");
    tcp.setsockopt(SockOption.SO_BINDTOIFINDEX, 2);
    assertThat(tcp.group()).isNotNull();
    Sock udp = net.udp("0.0.0.0:80", "port");
    udp.setsockopt(SockOption.SO_BINDTOIFINDEX, 2);
    assertThat(udp.group()).isNull();
  }

  @Test
  void connectTakesAUdpSocketOutOfItsGroupAndAMatchingBindTakesItBack() {
    Sock stays = net.udp("10.0.0.1:53", "port");
    Sock leaves = net.udp("10.0.0.1:53", "port");
    connect(leaves, PEER);
    assertThat(leaves.group()).isNull();
    assertThat(members(stays)).containsExactly(stays);
    leaves.disconnect();
    assertThat(leaves.group()).isNull();
    stays.close();
    Sock newcomer = net.udp("10.0.0.1:53", "port");
    assertThat(members(newcomer)).containsExactly(leaves, newcomer);
  }

  @Test
  void aConnectedMemberIsPassedOver() {
    Sock connected = net.udp("10.0.0.1:53", "port");
    connect(connected, PEER);
    Sock newcomer = net.udp("10.0.0.1:53", "port");
    assertThat(members(newcomer)).containsExactly(connected, newcomer);
    for (int sport = 1; sport < 50; sport++) {
      assertThat(ask(Protocol.UDP, sport, "10.0.0.1:53")).isEqualTo(new Listener(newcomer));
    }
    connected.disconnect();
    Set<LookupResult> answers = new HashSet<>();
    for (int sport = 1; sport < 50; sport++) {
      answers.add(ask(Protocol.UDP, sport, "10.0.0.1:53"));
    }
    assertThat(answers).containsExactlyInAnyOrder(new Listener(connected), new Listener(newcomer));
  }

  @Test
  void onlyAnAddressBoundMemberMarksItsGroupByConnecting() {
    Sock stays = net.udp("10.0.0.1:53", "port");
    connect(net.udp("10.0.0.1:53", "port"), PEER);
    assertThat(Objects.requireNonNull(stays.group()).hasConns()).isTrue();
    Sock other = net.udp("0.0.0.0:54", "port");
    connect(net.udp("0.0.0.0:54", "port"), PEER);
    assertThat(Objects.requireNonNull(other.group()).hasConns()).isFalse();
  }

  @Test
  void aMarkedGroupLetsABetterSocketWinLaterInTheBucket() {
    Sock device = net.udp("10.0.0.1:53", "port", "dev2");
    Sock group = net.udp("10.0.0.1:53", "port");
    assertThat(ask(Protocol.UDP, 1, "10.0.0.1:53")).isEqualTo(new Listener(group));
    Sock marks = net.udp("10.0.0.1:53", "port");
    connect(marks, PEER);
    marks.close();
    assertThat(ask(Protocol.UDP, 1, "10.0.0.1:53")).isEqualTo(new Listener(device));
    assertThat(net.udp("192.0.2.1:1", "10.0.0.1:53", 3)).isEqualTo(new Listener(group));
  }

  @Test
  void aConnectedSocketInTheBucketBeatsAGroupThatIsMarked() {
    Sock member = net.udp("10.0.0.1:53", "port");
    Sock connected = net.udp("10.0.0.1:53", "port");
    connect(connected, PEER);
    connect(connected, "203.0.113.7:53");
    assertThat(ask(Protocol.UDP, 1, "10.0.0.1:53")).isEqualTo(new Listener(member));
    assertThat(net.udp("203.0.113.7:53", "10.0.0.1:53", 2)).isEqualTo(new Established(connected));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aMemberOfThisCpuComesFirst(Protocol protocol) {
    make(protocol, "0.0.0.0:80", "port");
    Sock here = make(protocol, "0.0.0.0:80", "port", "cpu0");
    make(protocol, "0.0.0.0:80", "port", "cpu1");
    for (int sport = 1; sport < 50; sport++) {
      assertThat(ask(protocol, sport, "10.0.0.1:80")).isEqualTo(new Listener(here));
    }
  }

  @Test
  void ofTheGroupsAtAPortInet6JoinsTheOldestMatch() {
    Sock first = net.udp("[::]:53", "port");
    Sock second = net.udp("[::]:53", "port");
    first.setsockopt(SockOption.SO_BINDTOIFINDEX, 2);
    assertThat(first.group()).isNull();
    first.setsockopt(SockOption.SO_BINDTOIFINDEX, 0);
    Sock third = net.udp("[::]:53", "port");
    // The walk meets `first`, which is alone, before `second`, which has a group.
    assertThat(members(third)).containsExactly(first, third);
    assertThat(members(second)).containsExactly(second);
  }

  @Test
  void socketsOfTwoUsersAreNoGroup() {
    Sock mine = net.udp("0.0.0.0:53", "port", "reuse");
    Sock yours = net.ns.open(Protocol.UDP, Family.INET, 1000);
    yours.setsockopt(SockOption.SO_REUSEPORT, true);
    yours.setsockopt(SockOption.SO_REUSEADDR, true);
    yours.bind(IpAddr.ANY4, new Port(53));
    assertThat(members(mine)).containsExactly(mine);
    assertThat(members(yours)).containsExactly(yours);
  }
}
