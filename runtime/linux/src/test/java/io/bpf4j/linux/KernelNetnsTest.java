package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bpf4j.error.Errno;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class KernelNetnsTest {
  private static final byte[] HELLO = {'h', 'e', 'l', 'l', 'o'};

  private KernelNetns netns;

  @BeforeAll
  static void liveKernel() {
    Live.assumeNetns();
  }

  @BeforeEach
  void open() {
    netns = KernelNetns.open();
  }

  @AfterEach
  void close() {
    if (netns != null) {
      netns.close();
    }
  }

  private static Path own() throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"));
  }

  @Test
  void tasksRunInsideAndThisThreadStaysOutside() throws IOException {
    Path outside = own();
    Path inside = netns.<Path, IOException>call(KernelNetnsTest::own);
    assertThat(inside).isNotEqualTo(outside);
    assertThat(netns.<Path, IOException>call(KernelNetnsTest::own)).isEqualTo(inside);
    assertThat(own()).isEqualTo(outside);
    assertThat(netns.<String, IOException>call(() -> netns.<String, IOException>call(() -> "in")))
        .isEqualTo("in");
  }

  @Test
  void whatATaskThrowsArrivesUnchanged() {
    IOException thrown = new IOException("from inside");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() ->
            netns.<String, IOException>call(() -> {
              throw thrown;
            }))
        .isSameAs(thrown);
  }

  @Test
  void connectionsCarryBytesBothWays() {
    for (String address : new String[] {"127.0.0.1", "::1"}) {
      Family family = IpAddr.parse(address).family();
      try (KernelSocket listener = netns.socket(family, Protocol.TCP);
          KernelSocket client = netns.socket(family, Protocol.TCP)) {
        listener.set(SockOption.SO_REUSEADDR, 1).bind(SockName.of(address, 7777)).listen(4);
        client.connect(SockName.of(address, 7777));
        try (KernelSocket served = listener.accept()) {
          client.send(HELLO);
          assertThat(served.receive().data()).isEqualTo(HELLO);
          served.send(HELLO);
          KernelSocket.Received back = client.receive();
          assertThat(back.data()).isEqualTo(HELLO);
          assertThat(back.from()).isEqualTo(SockName.of(address, 7777));
          assertThat(served.local()).isEqualTo(SockName.of(address, 7777));
          assertThat(served.remote()).isEqualTo(client.local());
        }
      }
    }
  }

  @Test
  void datagramsSayWhereTheyComeFrom() {
    for (String address : new String[] {"127.0.0.1", "::1"}) {
      Family family = IpAddr.parse(address).family();
      try (KernelSocket server = netns.socket(family, Protocol.UDP);
          KernelSocket client = netns.socket(family, Protocol.UDP)) {
        server.bind(SockName.of(address, 5300));
        client.bind(SockName.of(address, 5301));
        client.sendTo(server.local(), HELLO);
        KernelSocket.Received received = server.receive();
        assertThat(received.data()).isEqualTo(HELLO);
        assertThat(received.from()).hasToString(client.local().toString());
      }
    }
  }

  @Test
  void socketErrorsCarryTheErrno() {
    try (KernelSocket one = netns.socket(Family.INET, Protocol.TCP);
        KernelSocket two = netns.socket(Family.INET, Protocol.TCP)) {
      Live.refused(Errno.ECONNREFUSED, () -> two.connect(SockName.of("127.0.0.1", 9)))
          .withMessage("connect tcp4 socket: ECONNREFUSED: 127.0.0.1:9");
      Live.refused(Errno.EADDRNOTAVAIL, () -> one.bind(SockName.of("192.0.2.1", 80)))
          .withMessageContaining("bind tcp4 socket")
          .withMessageContaining("192.0.2.1:80");
      Live.refused(Errno.ENOTCONN, one::remote);
      one.bind(SockName.of("127.0.0.1", 80)).listen(1);
      Live.refused(Errno.EADDRINUSE, () -> two.bind(SockName.of("127.0.0.1", 80)));
      Live.refused(Errno.ENODEV, () -> two.bindToDevice("nowhere"))
          .withMessageContaining("SO_BINDTODEVICE 'nowhere'");
    }
  }

  @Test
  void waitingEnds() {
    try (KernelSocket listener = netns.socket(Family.INET, Protocol.TCP)) {
      listener.bind(SockName.of("127.0.0.1", 80)).listen(1);
      listener.waitAtMost(Duration.ofMillis(20));
      Live.refused(Errno.EAGAIN, () -> listener.accept().close());
    }
  }

  @Test
  void optionsAreKept() {
    try (KernelSocket socket = netns.socket(Family.INET6, Protocol.UDP)) {
      for (SockOption option :
          new SockOption[] {
            SockOption.SO_REUSEADDR, SockOption.SO_REUSEPORT, SockOption.IPV6_V6ONLY
          }) {
        assertThat(socket.get(option)).as(option.name()).isZero();
        assertThat(socket.set(option, 1).get(option)).as(option.name()).isEqualTo(1);
      }
      assertThat(socket.set(SockOption.SO_MARK, 77).get(SockOption.SO_MARK)).isEqualTo(77);
      socket.bindToDevice("lo");
      assertThat(socket.cookie()).isPositive().isEqualTo(socket.cookie());
    }
  }

  @Test
  void reuseportListenersShareAPortAndV6OnlyLeavesV4Alone() {
    try (KernelSocket one = netns.socket(Family.INET6, Protocol.TCP);
        KernelSocket two = netns.socket(Family.INET6, Protocol.TCP);
        KernelSocket four = netns.socket(Family.INET, Protocol.TCP)) {
      for (KernelSocket socket : new KernelSocket[] {one, two}) {
        socket
            .set(SockOption.SO_REUSEPORT, 1)
            .set(SockOption.IPV6_V6ONLY, 1)
            .bind(SockName.of("::", 80))
            .listen(1);
      }
      four.bind(SockName.of("0.0.0.0", 80)).listen(1);
    }
  }

  @Test
  void addressesAndLocalRoutesCanBeBound() {
    netns.addAddress("lo", IpAddr.parse("192.0.2.1"), 32);
    netns.addAddress("lo", IpAddr.parse("2001:db8::1"), 128);
    netns.addLocalRoute(Prefix.parse("198.51.100.0/24"));
    netns.addLocalRoute(Prefix.parse("2001:db8:1::/48"));
    for (String address :
        new String[] {"192.0.2.1", "2001:db8::1", "198.51.100.77", "2001:db8:1::77"}) {
      try (KernelSocket socket = netns.socket(IpAddr.parse(address).family(), Protocol.UDP)) {
        SockName name = SockName.of(address, 53);
        // An IPv6 address of a mere route is bound with freebind only.
        Supplier<KernelSocket> bind =
            () ->
                (address.endsWith("77") ? socket.set(SockOption.IP_FREEBIND, 1) : socket)
                    .bind(name);
        assertThat(bind.get().local()).isEqualTo(name);
      }
    }
    Live.refused(Errno.EEXIST, () -> netns.addAddress("lo", IpAddr.parse("192.0.2.1"), 32))
        .withMessage("rtnetlink: EEXIST: address 192.0.2.1/32 of 'lo'");
    Live.refused(Errno.ENODEV, () -> netns.addAddress("eth7", IpAddr.parse("192.0.2.1"), 32));
  }

  @Test
  void pairsOfInterfacesAreMade() {
    netns.addVethPair("left", "right");
    assertThat(netns.interfaceIndex("lo")).isEqualTo(1);
    assertThat(netns.interfaceIndex("left")).isGreaterThan(1);
    netns.addAddress("left", IpAddr.parse("192.0.2.1"), 24);
    try (KernelSocket socket = netns.socket(Family.INET, Protocol.TCP)) {
      socket.bindToDevice("right").bind(SockName.of("192.0.2.1", 80)).listen(1);
      assertThat(socket.local()).hasToString("192.0.2.1:80");
    }
  }

  @Test
  void socketsOfTheJvmBelongToItToo() throws IOException {
    try (KernelSocket listener = netns.socket(Family.INET, Protocol.TCP);
        ServerSocket outside = new ServerSocket()) {
      listener.bind(SockName.of("127.0.0.1", 7777)).listen(1);
      outside.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = outside.getLocalPort();
      try (KernelSocket client = netns.socket(Family.INET, Protocol.TCP)) {
        Live.refused(Errno.ECONNREFUSED, () -> client.connect(SockName.of("127.0.0.1", port)));
      }
      netns.<String, IOException>call(() -> {
        try (java.net.Socket client = new java.net.Socket()) {
          client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 7777), 2000);
          return client.toString();
        }
      });
      listener.accept().close();
    }
  }
}
