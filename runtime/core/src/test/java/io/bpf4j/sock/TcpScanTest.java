package io.bpf4j.sock;

import static io.bpf4j.netns.TestNet.connect;
import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupResult.Established;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.net.Family;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import org.junit.jupiter.api.Test;

/// Spec sections 1.0 to 1.2: which TCP socket a segment finds, without programs.
final class TcpScanTest {
  private final TestNet net = new TestNet();

  private void finds(String dst, Sock sock) {
    assertThat(net.tcpTo(dst)).isEqualTo(new Listener(sock));
  }

  private void findsNothing(String dst) {
    assertThat(net.tcpTo(dst)).isEqualTo(new NoSocket());
  }

  @Test
  void aListenerTakesItsAddressAndPortOnly() {
    Sock web = net.tcp("10.0.0.1:80");
    finds("10.0.0.1:80", web);
    findsNothing("10.0.0.2:80");
    findsNothing("10.0.0.1:81");
    findsNothing("[fd00::1]:80");
  }

  @Test
  void boundSocketsThatDoNotListenAreNotFound() {
    net.bound(Protocol.TCP, "10.0.0.1:80");
    findsNothing("10.0.0.1:80");
  }

  @Test
  void anExactAddressBeatsTheWildcardEvenOneBoundToTheDevice() {
    Sock wildcard = net.tcp("0.0.0.0:80", "dev2", "port");
    Sock exact = net.tcp("10.0.0.1:80", "port");
    finds("10.0.0.1:80", exact);
    finds("10.0.0.9:80", wildcard);
  }

  @Test
  void inetAnyBeatsDualStackAnyWhateverTheOrder() {
    for (boolean inetFirst : new boolean[] {true, false}) {
      TestNet fresh = new TestNet();
      Sock first = fresh.tcp(inetFirst ? "0.0.0.0:80" : "[::]:80", "port");
      Sock second = fresh.tcp(inetFirst ? "[::]:80" : "0.0.0.0:80", "port");
      Sock inet = inetFirst ? first : second;
      assertThat(fresh.tcpTo("10.0.0.1:80")).isEqualTo(new Listener(inet));
      assertThat(fresh.tcpTo("[fd00::1]:80")).isEqualTo(new Listener(inetFirst ? second : first));
    }
  }

  @Test
  void mappedExactBeatsInetAnyAndInetExactBeatsMappedExact() {
    Sock any = net.tcp("0.0.0.0:80", "port");
    Sock mapped = net.tcp("[::ffff:10.0.0.1]:80", "port");
    finds("10.0.0.1:80", mapped);
    Sock inet = net.tcp("10.0.0.1:80", "port");
    finds("10.0.0.1:80", inet);
    finds("10.0.0.2:80", any);
  }

  @Test
  void dualStackTakesBothFamiliesAndV6onlyOne() {
    Sock dual = net.tcp("[::]:80");
    Sock only = net.tcp("[::]:81", "v6only");
    finds("10.0.0.1:80", dual);
    finds("[fd00::1]:80", dual);
    finds("[fd00::1]:81", only);
    findsNothing("10.0.0.1:81");
  }

  @Test
  void aMappedSocketTakesNoNativePacketAndANativeOneNoIpv4() {
    net.tcp("[::ffff:10.0.0.1]:80");
    Sock nativeBound = net.tcp("[fd00::1]:81");
    findsNothing("[::1]:80");
    findsNothing("[fd00::1]:80");
    finds("[fd00::1]:81", nativeBound);
    findsNothing("127.0.0.6:81");
  }

  @Test
  void mappedAnyIsNotTheIpv6Wildcard() {
    Sock sock = net.tcp("[::ffff:0.0.0.0]:80");
    finds("10.0.0.1:80", sock);
    findsNothing("[fd00::1]:80");
  }

  @Test
  void aDeviceBoundListenerTakesItsDeviceOnlyAndScoresHigher() {
    Sock onEth1 = net.tcp("0.0.0.0:80", "dev3");
    findsNothing("10.0.0.1:80");
    assertThat(net.tcp(TestNet.CLIENT4, "10.0.0.1:80", 3)).isEqualTo(new Listener(onEth1));
    Sock onEth0 = net.tcp("0.0.0.0:80", "dev2");
    finds("10.0.0.1:80", onEth0);
  }

  @Test
  void amongOverlappingGroupsInetTakesTheNewestAndInet6TheOldest() {
    Sock plain4 = net.tcp("0.0.0.0:80", "port");
    Sock device4 = net.tcp("0.0.0.0:80", "port", "dev2");
    finds("10.0.0.1:80", device4);
    Sock again4 = net.tcp("0.0.0.0:80", "port");
    assertThat(net.tcpTo("10.0.0.1:80")).isIn(new Listener(plain4), new Listener(again4));
    Sock plain6 = net.tcp("[::]:81", "port");
    net.tcp("[::]:81", "port", "dev2");
    finds("[fd00::1]:81", plain6);
  }

  @Test
  void anIncomingCpuScoresOneMore() {
    Sock without = net.udp("0.0.0.0:53", "reuse");
    Sock with = net.udp("0.0.0.0:53", "reuse", "cpu0");
    Sock newest = net.udp("0.0.0.0:53", "reuse", "cpu1");
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(with));
    with.close();
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(newest));
    newest.close();
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(without));
    // CPU 0 looks up. An AF_INET6 socket with its CPU is as good as an AF_INET one without: the
    // first in the bucket wins, and AF_INET6 with SO_REUSEPORT stands at its back.
    TestNet even = new TestNet();
    Sock four = even.tcp("0.0.0.0:80", "port");
    even.tcp("[::]:80", "cpu0", "port");
    assertThat(even.tcpTo("10.0.0.1:80")).isEqualTo(new Listener(four));
  }

  @Test
  void connectionsComeBeforeListeners() {
    Sock web = net.tcp("0.0.0.0:80");
    TcpSock child =
        ((TcpSock) web).accept(TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2));
    finds("10.0.0.2:80", web);
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Established(child));
    assertThat(net.tcp("192.0.2.1:40001", "10.0.0.1:80", 2)).isEqualTo(new Listener(web));
    web.close();
    assertThat(net.tcpTo("10.0.0.1:80")).isEqualTo(new Established(child));
    child.close();
    findsNothing("10.0.0.1:80");
  }

  @Test
  void anAcceptedSocketHasThePacketsDestinationAndTheListenersDevice() {
    Sock web = net.tcp("[::]:80", "dev2");
    TcpSock child =
        ((TcpSock) web).accept(TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "127.0.0.1:7031", 2));
    assertThat(child.toString())
        .endsWith("(tcp [::ffff:127.0.0.1]:7031 -> [::ffff:192.0.2.1]:40000)");
    assertThat(child.getsockopt(SockOption.SO_BINDTOIFINDEX)).isEqualTo(2);
    assertThat(net.tcp(TestNet.CLIENT4, "127.0.0.1:7031", 2)).isEqualTo(new Established(child));
    assertThat(net.tcp(TestNet.CLIENT4, "127.0.0.1:7031", 3)).isEqualTo(new NoSocket());
  }

  @Test
  void connectMakesAnEstablishedSocketWithAPortAndAnAddress() {
    Sock client = net.open(Protocol.TCP, Family.INET);
    connect(client, "203.0.113.5:443");
    assertThat(client.address()).hasToString("10.0.0.1");
    assertThat(client.port().number()).isGreaterThanOrEqualTo(32768);
    LookupResult answer = net.tcp("203.0.113.5:443", "10.0.0.1:" + client.port(), 2);
    assertThat(answer).isEqualTo(new Established(client));
    assertThat(errno(() -> connect(client, "203.0.113.5:444"))).isEqualTo(Errno.EISCONN);
  }

  @Test
  void aDualStackSocketConnectsOverIpv4AsMapped() {
    Sock client = net.open(Protocol.TCP, Family.INET6);
    connect(client, "[::ffff:203.0.113.5]:443");
    assertThat(client.address()).hasToString("::ffff:10.0.0.1");
    assertThat(net.tcp("203.0.113.5:443", "10.0.0.1:" + client.port(), 2))
        .isEqualTo(new Established(client));
  }

  @Test
  void theSameConnectionCannotBeMadeTwice() {
    Sock one = net.bound(Protocol.TCP, "10.0.0.1:5000", "reuse");
    Sock two = net.bound(Protocol.TCP, "10.0.0.1:5000", "reuse");
    connect(one, "203.0.113.5:443");
    assertThat(errno(() -> connect(two, "203.0.113.5:443"))).isEqualTo(Errno.EADDRNOTAVAIL);
    connect(two, "203.0.113.5:444");
  }

  @Test
  void shutdownOrDisconnectEndsListeningAndListenResumesIt() {
    Sock web = net.tcp("10.0.0.1:80");
    web.shutdown();
    findsNothing("10.0.0.1:80");
    assertThat(errno(() -> net.tcp("10.0.0.1:80"))).isEqualTo(Errno.EADDRINUSE);
    web.listen();
    finds("10.0.0.1:80", web);
    web.disconnect();
    findsNothing("10.0.0.1:80");
    assertThat(errno(web::shutdown)).isEqualTo(Errno.ENOTCONN);
  }

  @Test
  void aListenerWithoutBindGetsANewPortWhenItListensAgain() {
    Sock web = net.open(Protocol.TCP, Family.INET);
    web.listen();
    Port first = web.port();
    finds("10.0.0.1:" + first, web);
    web.disconnect();
    assertThat(web.port()).isEqualTo(first);
    web.listen();
    assertThat(web.port()).isNotEqualTo(first);
    finds("10.0.0.1:" + web.port(), web);
  }

  @Test
  void datagramSocketsDoNotListen() {
    assertThat(errno(() -> net.udp("0.0.0.0:53").listen())).isEqualTo(Errno.EOPNOTSUPP);
  }
}
