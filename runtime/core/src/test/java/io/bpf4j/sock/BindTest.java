package io.bpf4j.sock;

import static io.bpf4j.netns.TestNet.errno;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may have which address and port beside whom.
final class BindTest {
  private final TestNet net = new TestNet();

  @ParameterizedTest
  @CsvSource({
    // first, its options, second, its options, whether the second is refused
    "0.0.0.0:80, '', 0.0.0.0:80, '', true",
    "0.0.0.0:80, '', 10.0.0.1:80, '', true",
    "10.0.0.1:80, '', 0.0.0.0:80, '', true",
    "10.0.0.1:80, '', 10.0.0.2:80, '', false",
    "0.0.0.0:80, '', 0.0.0.0:81, '', false",
    "0.0.0.0:80, '', [::]:80, '', true",
    "0.0.0.0:80, '', [::]:80, v6only, false",
    "[::]:80, v6only, 0.0.0.0:80, '', false",
    "[::]:80, '', 0.0.0.0:80, '', true",
    "[::]:80, '', [fd00::1]:80, '', true",
    "[fd00::1]:80, '', [fd00::2]:80, '', false",
    "[fd00::1]:80, '', 0.0.0.0:80, '', false",
    "[::ffff:10.0.0.1]:80, '', 10.0.0.1:80, '', true",
    "[::ffff:10.0.0.1]:80, '', 10.0.0.2:80, '', false",
    "[::ffff:10.0.0.1]:80, '', [fd00::1]:80, '', false",
    "[::ffff:10.0.0.1]:80, '', [::]:80, v6only, false",
    "0.0.0.0:80, dev2, 0.0.0.0:80, dev3, false",
    "0.0.0.0:80, dev2, 0.0.0.0:80, dev2, true",
    "0.0.0.0:80, dev2, 0.0.0.0:80, '', true",
    "0.0.0.0:80, port, 0.0.0.0:80, port, false",
    "0.0.0.0:80, port, 0.0.0.0:80, '', true",
    "0.0.0.0:80, '', 0.0.0.0:80, port, true",
    "0.0.0.0:80, port, 0.0.0.0:80, reuse, true",
  })
  void listenersAndDatagramSocketsShareAPortAsTheKernelAllows(
      String first, String firstOption, String second, String secondOption, boolean refused) {
    for (Protocol protocol : Protocol.values()) {
      TestNet fresh = new TestNet();
      Sock one = fresh.bound(protocol, first, words(firstOption));
      if (protocol == Protocol.TCP) {
        one.listen();
      }
      Errno answer =
          errno(() -> {
            Sock two = fresh.bound(protocol, second, words(secondOption));
            if (protocol == Protocol.TCP) {
              two.listen();
            }
          });
      assertThat(answer).as("%s", protocol).isEqualTo(refused ? Errno.EADDRINUSE : null);
    }
  }

  private static String[] words(String options) {
    return options.isEmpty() ? new String[0] : options.split(" ");
  }

  @Test
  void reuseAddrSharesAPortUntilOneListens() {
    Sock first = net.bound(Protocol.TCP, "0.0.0.0:80", "reuse");
    Sock second = net.bound(Protocol.TCP, "0.0.0.0:80", "reuse");
    first.listen();
    assertThat(errno(second::listen)).isEqualTo(Errno.EADDRINUSE);
    assertThat(second.state()).isEqualTo(SockState.CLOSE);
    assertThat(errno(() -> net.bound(Protocol.TCP, "0.0.0.0:80", "reuse")))
        .isEqualTo(Errno.EADDRINUSE);
    first.close();
    second.listen();
    assertThat(second.listening()).isTrue();
  }

  @Test
  void reuseAddrSharesADatagramPortAlways() {
    net.udp("0.0.0.0:53", "reuse");
    net.udp("0.0.0.0:53", "reuse");
    assertThat(errno(() -> net.udp("0.0.0.0:53"))).isEqualTo(Errno.EADDRINUSE);
  }

  @Test
  void reusePortIsForOneUser() {
    net.tcp("0.0.0.0:80", "port");
    Sock stranger = net.ns.open(Protocol.TCP, Family.INET, 1000);
    stranger.setsockopt(SockOption.SO_REUSEPORT, true);
    assertThat(errno(() -> stranger.bind(IpAddr.ANY4, new Port(80)))).isEqualTo(Errno.EADDRINUSE);
  }

  @Test
  void theTwoProtocolsHavePortsOfTheirOwn() {
    net.tcp("0.0.0.0:53");
    net.udp("0.0.0.0:53");
  }

  @Test
  void closingGivesThePortBack() {
    net.tcp("0.0.0.0:80").close();
    net.tcp("0.0.0.0:80").close();
    net.udp("0.0.0.0:80").close();
    net.udp("0.0.0.0:80");
  }

  @Test
  void namespacesDoNotShareTheirPorts() {
    net.tcp("0.0.0.0:80");
    Sock other = net.world.createNetns("other").open(Protocol.TCP, Family.INET);
    other.bind(IpAddr.ANY4, new Port(80));
    other.listen();
  }

  @Test
  void portZeroGivesAFreePortOfTheEphemeralRange() {
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      ports.add(net.bound(Protocol.TCP, "0.0.0.0:0").port().number());
      assertThat(net.bound(Protocol.UDP, "[::]:0").port().number()).isBetween(32768, 60999);
    }
    assertThat(ports).hasSize(100).allMatch(p -> p >= 32768 && p <= 60999);
  }

  @Test
  void aFullRangeIsEaddrinuse() {
    for (int port = 32768; port <= 60999; port++) {
      net.udp("0.0.0.0:" + port);
    }
    assertThat(errno(() -> net.udp("0.0.0.0:0"))).isEqualTo(Errno.EADDRINUSE);
  }

  @Test
  void aSocketIsBoundOnce() {
    Sock sock = net.udp("0.0.0.0:53");
    assertThat(errno(() -> sock.bind(IpAddr.ANY4, new Port(54)))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void anAddressOfTheOtherFamilyIsRefused() {
    Sock four = net.open(Protocol.TCP, Family.INET);
    assertThat(errno(() -> four.bind(IpAddr.ANY6, new Port(1)))).isEqualTo(Errno.EAFNOSUPPORT);
    Sock six = net.open(Protocol.TCP, Family.INET6);
    assertThat(errno(() -> six.bind(IpAddr.ANY4, new Port(1)))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aV6onlySocketTakesNoMappedAddress() {
    assertThat(errno(() -> net.udp("[::ffff:10.0.0.1]:53", "v6only"))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void bindingToANativeAddressSetsV6onlyAndFailingTakesItBack() {
    Sock sock = net.open(Protocol.TCP, Family.INET6);
    sock.setsockopt(SockOption.IPV6_V6ONLY, false);
    net.tcp("[fd00::1]:80");
    assertThat(errno(() -> sock.bind(IpAddr.parse("fd00::1"), new Port(80))))
        .isEqualTo(Errno.EADDRINUSE);
    assertThat(sock.getsockopt(SockOption.IPV6_V6ONLY)).isZero();
    assertThat(sock.address()).isEqualTo(IpAddr.ANY6);
    sock.bind(IpAddr.parse("fd00::2"), new Port(80));
    assertThat(sock.getsockopt(SockOption.IPV6_V6ONLY)).isEqualTo(1);
    assertThat(errno(() -> sock.setsockopt(SockOption.IPV6_V6ONLY, false))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void onlyKnownInterfacesCanBeBoundTo() {
    Sock sock = net.open(Protocol.UDP, Family.INET);
    assertThat(errno(() -> sock.setsockopt(SockOption.SO_BINDTOIFINDEX, 9)))
        .isEqualTo(Errno.ENODEV);
  }

  @Test
  void closedSocketsTakeNoCalls() {
    Sock sock = net.tcp("0.0.0.0:80");
    sock.close();
    sock.close();
    assertThat(errno(sock::listen)).isEqualTo(Errno.EBADF);
    assertThat(errno(sock::disconnect)).isEqualTo(Errno.EBADF);
    assertThat(errno(() -> sock.setsockopt(SockOption.SO_MARK, 1))).isEqualTo(Errno.EBADF);
  }
}
