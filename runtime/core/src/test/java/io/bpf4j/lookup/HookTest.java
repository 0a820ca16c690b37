package io.bpf4j.lookup;

import static io.bpf4j.netns.TestNet.CLIENT4;
import static io.bpf4j.netns.TestNet.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.lookup.LookupResult.DroppedBy;
import io.bpf4j.lookup.LookupResult.Established;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.lookup.LookupResult.Steered;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.TestNet;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import io.bpf4j.sock.TcpSock;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Spec sections 1.1, 1.3, 1.5, 1.7 and 10: when programs run, and what a selection means.
final class HookTest {
  private final TestNet net = new TestNet();

  private Link steerTo(Sock sock) {
    return net.attach(net.assigning(net.sockmap(sock), 1, 0, 0));
  }

  @Test
  void aSelectionBeatsEveryListener() {
    net.tcp("10.0.0.1:80");
    Sock target = net.tcp("127.0.0.1:8080");
    Link link = steerTo(target);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Steered(target, link));
    assertThat(net.tcpTo("[fd00::1]:80")).isEqualTo(new NoSocket());
  }

  @Test
  void connectionsAreNotAsked() {
    TcpSock web = (TcpSock) net.tcp("0.0.0.0:80");
    Sock child = web.accept(TestNet.tuple(Protocol.TCP, CLIENT4, "10.0.0.1:80", 2));
    Link link = net.attach(net.returning(0));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Established(child));
    assertThat(net.tcp("192.0.2.1:40001", "10.0.0.1:80", 2)).isEqualTo(new DroppedBy(link));
  }

  @Test
  void aConnectedDatagramSocketIsNotAskedAnUnconnectedOneIsOverridden() {
    Sock connected = net.udp("10.0.0.1:53", "reuse");
    connect(connected, CLIENT4);
    Sock exact = net.udp("10.0.0.1:53", "reuse");
    Sock target = net.udp("127.0.0.1:5353");
    Link link = steerTo(target);
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Established(connected));
    assertThat(net.udp("192.0.2.1:40001", "10.0.0.1:53", 2)).isEqualTo(new Steered(target, link));
    link.detach();
    assertThat(net.udp("192.0.2.1:40001", "10.0.0.1:53", 2)).isEqualTo(new Listener(exact));
  }

  @Test
  void aReconnectedDatagramSocketIsFoundBeforeTheHook() {
    Sock sock = net.udp("10.0.0.1:53");
    connect(sock, "203.0.113.9:1");
    connect(sock, CLIENT4);
    Link link = net.attach(net.returning(0));
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Established(sock));
    assertThat(net.udp("203.0.113.9:1", "10.0.0.1:53", 2)).isEqualTo(new DroppedBy(link));
  }

  @Test
  void aPassLeavesTheRegularLookup() {
    Sock any = net.udp("0.0.0.0:53");
    net.attach(net.returning(1));
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(any));
    assertThat(net.udpTo("10.0.0.1:54")).isEqualTo(new NoSocket());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void nothingOfASelectedSocketIsComparedWithThePacket(Protocol protocol) {
    Netns far = net.world.createNetns("far");
    far.addDevice("wan", 9);
    Sock sock = far.open(protocol, Family.INET6);
    sock.setsockopt(SockOption.SO_BINDTOIFINDEX, 9);
    sock.bind(TestNet.address("[::ffff:127.0.0.1]:1"), TestNet.port("x:1"));
    if (protocol == Protocol.TCP) {
      sock.listen();
    }
    Link link = steerTo(sock);
    // A mapped socket for a native IPv6 packet, of another namespace, port and interface.
    assertThat(net.ns.lookup(TestNet.tuple(protocol, TestNet.CLIENT6, "[fd00::1]:443", 2)))
        .isEqualTo(new Steered(sock, link));
    assertThat(net.ns.lookup(TestNet.tuple(protocol, CLIENT4, "10.0.0.1:443", 2)))
        .isEqualTo(new Steered(sock, link));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aSelectedMemberGivesWayToItsGroupWhichSpreadsByDestination(Protocol protocol) {
    Sock[] group = new Sock[4];
    for (int i = 0; i < group.length; i++) {
      group[i] =
          protocol == Protocol.TCP ? net.tcp("0.0.0.0:80", "port") : net.udp("0.0.0.0:80", "port");
    }
    Link link = steerTo(group[0]);
    Set<LookupResult> answers = new HashSet<>();
    for (int i = 1; i < 100; i++) {
      answers.add(
          net.ns.lookup(TestNet.tuple(protocol, "192.0.2.1:1000", "10.0.7." + i + ":80", 2)));
    }
    assertThat(answers)
        .containsExactlyInAnyOrder(
            new Steered(group[0], link),
            new Steered(group[1], link),
            new Steered(group[2], link),
            new Steered(group[3], link));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aSelectedSocketWhoseFlagCameTooLateIsTakenAsItIs(Protocol protocol) {
    Sock sock = protocol == Protocol.TCP ? net.tcp("0.0.0.0:80") : net.udp("0.0.0.0:80");
    sock.setsockopt(SockOption.SO_REUSEPORT, true);
    Link link = steerTo(sock);
    assertThat(net.ns.lookup(TestNet.tuple(protocol, CLIENT4, "10.0.0.1:1", 2)))
        .isEqualTo(new Steered(sock, link));
  }

  @Test
  void aClosedSocketIsNoLongerSelected() {
    Sock target = net.tcp("127.0.0.1:8080");
    Sock web = net.tcp("10.0.0.1:80");
    Link link = steerTo(target);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Steered(target, link));
    target.close();
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Listener(web));
  }

  @Test
  void aFailedAssignmentLeavesTheRegularLookup() {
    Sock established = net.open(Protocol.TCP, Family.INET);
    connect(established, "203.0.113.1:80");
    Sock web = net.tcp("10.0.0.1:80");
    SocketMap map = net.sockmap(established);
    net.attach(net.assigning(map, 1, 0, 0));
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Listener(web));
  }

  @Test
  void programsSeeTheInterfaceOfThePacket() {
    Link link =
        net.attach(
            net.program(
                "iif",
                """
                r0 = 1
                r1 = *(u32 *)(r1 +64)
                if r1 != 3 goto out
                r0 = 0
                out:
                exit
                """));
    Sock web = net.tcp("10.0.0.1:80");
    assertThat(net.tcp(CLIENT4, "10.0.0.1:80", 3)).isEqualTo(new DroppedBy(link));
    assertThat(net.tcp(CLIENT4, "10.0.0.1:80", 2)).isEqualTo(new Listener(web));
  }
}
