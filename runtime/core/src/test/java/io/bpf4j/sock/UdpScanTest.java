package io.bpf4j.sock;

import static io.bpf4j.netns.TestNet.CLIENT4;
import static io.bpf4j.netns.TestNet.CLIENT6;
import static io.bpf4j.netns.TestNet.connect;
import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupResult.Established;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import org.junit.jupiter.api.Test;

/// Spec sections 1.3, 1.4 and 11: which UDP socket a datagram finds, without programs.
final class UdpScanTest {
  private static final String PEER = "203.0.113.5:53";
  private static final String OTHER = "203.0.113.6:53";

  private final TestNet net = new TestNet();

  private LookupResult from(String src, String dst) {
    return net.udp(src, dst, 2);
  }

  @Test
  void anExactAddressBeatsTheWildcard() {
    Sock any = net.udp("0.0.0.0:53", "reuse");
    Sock exact = net.udp("10.0.0.1:53", "reuse");
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(exact));
    assertThat(net.udpTo("10.0.0.2:53")).isEqualTo(new Listener(any));
    assertThat(net.udpTo("10.0.0.1:54")).isEqualTo(new NoSocket());
  }

  @Test
  void ofPlainTwinsTheLastBoundWins() {
    net.udp("0.0.0.0:53", "reuse");
    Sock last4 = net.udp("0.0.0.0:53", "reuse");
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(last4));
    net.udp("[::]:54", "reuse", "v6only");
    Sock last6 = net.udp("[::]:54", "reuse", "v6only");
    assertThat(net.udpTo("[fd00::1]:54")).isEqualTo(new Listener(last6));
  }

  @Test
  void inetBeatsDualStackAndADeviceBeatsBoth() {
    Sock inet = net.udp("0.0.0.0:53", "reuse");
    Sock dual = net.udp("[::]:53", "reuse");
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(inet));
    assertThat(net.udpTo("[fd00::1]:53")).isEqualTo(new Listener(dual));
    Sock device = net.udp("[::]:53", "reuse", "dev2");
    assertThat(net.udpTo("10.0.0.1:53")).isEqualTo(new Listener(device));
    assertThat(net.udp(CLIENT4, "10.0.0.1:53", 3)).isEqualTo(new Listener(inet));
  }

  @Test
  void aConnectedSocketTakesItsPeersDatagramsOnly() {
    Sock sock = net.udp("10.0.0.1:5000");
    connect(sock, PEER);
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(sock));
    assertThat(from(OTHER, "10.0.0.1:5000")).isEqualTo(new NoSocket());
    assertThat(from("203.0.113.5:54", "10.0.0.1:5000")).isEqualTo(new NoSocket());
  }

  @Test
  void aWildcardSocketGetsAnAddressByConnecting() {
    Sock sock = net.udp("0.0.0.0:5000");
    connect(sock, PEER);
    assertThat(sock.address()).hasToString("10.0.0.1");
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(sock));
    assertThat(from(PEER, "10.0.0.2:5000")).isEqualTo(new NoSocket());
    sock.disconnect();
    assertThat(sock.address()).isEqualTo(IpAddr.ANY4);
    assertThat(from(OTHER, "10.0.0.2:5000")).isEqualTo(new Listener(sock));
  }

  @Test
  void connectBindsWhoIsNotBoundAndDisconnectUnbinds() {
    Sock sock = net.open(Protocol.UDP, Family.INET);
    connect(sock, PEER);
    int port = sock.port().number();
    assertThat(from(PEER, "10.0.0.1:" + port)).isEqualTo(new Established(sock));
    sock.disconnect();
    assertThat(sock.allowedInMaps()).isFalse();
    assertThat(from(PEER, "10.0.0.1:" + port)).isEqualTo(new NoSocket());
  }

  @Test
  void ofSocketsWithTheSameEndsTheLastConnectedWinsWhateverItsDevice() {
    Sock first = net.udp("10.0.0.1:5000", "reuse", "dev2");
    Sock second = net.udp("10.0.0.1:5000", "reuse");
    connect(first, PEER);
    connect(second, PEER);
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(second));
    second.close();
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(first));
  }

  @Test
  void aReconnectedSocketLosesToAnyTableHitOfItsNewPeer() {
    Sock moved = net.udp("10.0.0.1:5000", "reuse");
    connect(moved, OTHER);
    connect(moved, PEER);
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(moved));
    assertThat(from(OTHER, "10.0.0.1:5000")).isEqualTo(new NoSocket());
    Sock direct = net.udp("10.0.0.1:5000", "reuse");
    connect(direct, PEER);
    moved.disconnect();
    connect(moved, PEER);
    // Still under its first key, and so behind a socket that was connected before.
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(direct));
  }

  @Test
  void disconnectingAndConnectingToTheSamePeerKeepsThePlace() {
    Sock first = net.udp("10.0.0.1:5000", "reuse");
    Sock second = net.udp("10.0.0.1:5000", "reuse");
    connect(first, PEER);
    connect(second, PEER);
    first.disconnect();
    connect(first, PEER);
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(second));
  }

  @Test
  void bindingToADeviceHashesAStaleKeyAnew() {
    Sock moved = net.udp("10.0.0.1:5000", "reuse");
    connect(moved, OTHER);
    connect(moved, PEER);
    Sock direct = net.udp("10.0.0.1:5000", "reuse");
    connect(direct, PEER);
    moved.setsockopt(SockOption.SO_BINDTOIFINDEX, 2);
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Established(moved));
  }

  @Test
  void disconnectClearsTheDevice() {
    Sock sock = net.udp("10.0.0.1:5000", "dev3");
    connect(sock, PEER);
    sock.disconnect();
    assertThat(sock.getsockopt(SockOption.SO_BINDTOIFINDEX)).isZero();
    assertThat(from(PEER, "10.0.0.1:5000")).isEqualTo(new Listener(sock));
  }

  @Test
  void anInet6SocketKeepsItsPeersAddressAfterDisconnecting() {
    Sock sock = net.udp("[fd00::1]:5000");
    connect(sock, "[2001:db8::5]:53");
    sock.disconnect();
    assertThat(from("[2001:db8::5]:99", "[fd00::1]:5000")).isEqualTo(new Listener(sock));
    assertThat(from(CLIENT6, "[fd00::1]:5000")).isEqualTo(new NoSocket());
    connect(sock, CLIENT6);
    assertThat(from(CLIENT6, "[fd00::1]:5000")).isEqualTo(new Established(sock));
  }

  @Test
  void afterAMappedPeerADualStackSocketTakesNoNativeDatagrams() {
    Sock sock = net.udp("[::]:5000");
    connect(sock, "[::ffff:203.0.113.5]:53");
    sock.disconnect();
    assertThat(from(CLIENT6, "[fd00::1]:5000")).isEqualTo(new NoSocket());
    assertThat(from(OTHER, "10.0.0.1:5000")).isEqualTo(new Listener(sock));
  }

  @Test
  void disconnectReturnsToTheFrontOfTheWildcardBucket() {
    Sock old = net.udp("0.0.0.0:5000", "reuse");
    Sock young = net.udp("0.0.0.0:5000", "reuse");
    assertThat(net.udpTo("10.0.0.1:5000")).isEqualTo(new Listener(young));
    connect(old, PEER);
    old.disconnect();
    assertThat(net.udpTo("10.0.0.1:5000")).isEqualTo(new Listener(old));
  }

  @Test
  void aMappedWildcardKeepsTheAddressOfItsConnection() {
    Sock sock = net.udp("[::ffff:0.0.0.0]:5000");
    assertThat(net.udpTo("10.0.0.2:5000")).isEqualTo(new Listener(sock));
    assertThat(net.udpTo("[fd00::1]:5000")).isEqualTo(new NoSocket());
    connect(sock, "[::ffff:203.0.113.5]:53");
    sock.disconnect();
    assertThat(sock.address()).hasToString("::ffff:10.0.0.1");
    assertThat(net.udpTo("10.0.0.2:5000")).isEqualTo(new NoSocket());
  }

  @Test
  void aMappedSocketHasNoNativePeer() {
    Sock sock = net.udp("[::ffff:10.0.0.1]:5000");
    assertThat(errno(() -> connect(sock, CLIENT6))).isEqualTo(Errno.EAFNOSUPPORT);
    assertThat(errno(() -> connect(net.udp("[fd00::1]:5001"), "[::ffff:1.2.3.4]:5")))
        .isEqualTo(Errno.ENETUNREACH);
    assertThat(errno(() -> connect(net.udp("10.0.0.1:5002"), CLIENT6)))
        .isEqualTo(Errno.EAFNOSUPPORT);
  }
}
