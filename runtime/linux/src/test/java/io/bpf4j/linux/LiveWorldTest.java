package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Random sockets on the kernel and in a world: calls fail alike, packets find the same socket.
///
/// The member that a group picks is the kernel's secret: any member that could be picked will do. A
/// world ends when a datagram reached a socket with a peer, since the kernel then notes the CPU
/// that received it (SO_INCOMING_CPU), which a simulated delivery does not.
final class LiveWorldTest {
  private static final int WORLDS = Integer.getInteger("bpf4j.liveWorlds", 20);
  private static final int FIRST = Integer.getInteger("bpf4j.liveFirst", 0);
  private static final int OPERATIONS = 12;
  private static final int PROBES = 8;
  private static final int FIRST_PORT = 7001;

  private static final List<IpAddr> BINDS =
      addresses(
          "0.0.0.0",
          "0.0.0.0",
          "127.0.0.1",
          "127.0.0.2",
          "192.0.2.1",
          "::",
          "::",
          "fd00::1",
          "fd00::2",
          "::ffff:127.0.0.1",
          "::ffff:192.0.2.1",
          "::ffff:0.0.0.0");
  private static final List<IpAddr> TARGETS =
      addresses("127.0.0.1", "127.0.0.2", "192.0.2.1", "fd00::1", "fd00::2");
  private static final List<SockName> PEERS4 =
      List.of(SockName.of("127.0.0.1", 7101), SockName.of("192.0.2.1", 7102));
  private static final List<SockName> PEERS6 =
      List.of(SockName.of("fd00::1", 7101), SockName.of("fd00::2", 7102));

  private int compared;

  private static List<IpAddr> addresses(String... texts) {
    return List.of(texts).stream().map(IpAddr::parse).toList();
  }

  @BeforeAll
  static void liveKernel() {
    Live.assumeNetns();
  }

  private static <T> T any(Random random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  @Test
  void packetsFindTheSocketsTheyFindInTheKernel() {
    for (int seed = FIRST; seed < FIRST + WORLDS; seed++) {
      Random random = new Random(seed);
      try (TwinNet net = new TwinNet()) {
        boolean fresh = true;
        for (int i = 0; i < OPERATIONS && fresh; i++) {
          operate(net, random);
          fresh = i % 4 != 3 || probe(net, random, seed);
        }
      }
    }
    assertThat(compared).isGreaterThan(WORLDS * PROBES / 2);
  }

  private static void operate(TwinNet net, Random random) {
    List<TwinNet.Twin> twins = net.twins();
    if (twins.isEmpty() || random.nextInt(10) < 5) {
      make(net, random);
      return;
    }
    TwinNet.Twin twin = any(random, twins);
    Sock ours = twin.ours();
    switch (random.nextInt(ours.protocol() == Protocol.UDP ? 7 : 5)) {
      case 0 -> net.close(twin);
      case 1 -> net.device(twin, random.nextBoolean() ? "left" : "");
      case 2 ->
          net.set(
              twin,
              io.bpf4j.sock.SockOption.SO_REUSEPORT,
              SockOption.SO_REUSEPORT,
              random.nextInt(2));
      case 3 -> net.disconnect(twin);
      case 4 -> {
        if (ours.protocol() == Protocol.TCP && ours.port().number() != 0) {
          net.listen(twin);
        }
      }
      default -> connect(net, random, twin);
    }
  }

  /// Only sockets with a port, so that no port is chosen that the other side does not choose; and
  /// none bound to a device, whose ways differ from ours.
  private static void connect(TwinNet net, Random random, TwinNet.Twin twin) {
    Sock ours = twin.ours();
    if (!ours.allowedInMaps() || ours.getsockopt(io.bpf4j.sock.SockOption.SO_BINDTOIFINDEX) != 0) {
      return;
    }
    boolean six = ours.family() == Family.INET6;
    SockName peer = any(random, six && random.nextBoolean() ? PEERS6 : PEERS4);
    IpAddr address = peer.address();
    if (six && address.family() == Family.INET) {
      address = IpAddr.v6(0, 0xffff_0000_0000L | address.lo());
    }
    net.connect(twin, address, peer.port().number());
  }

  private static void make(TwinNet net, Random random) {
    IpAddr address = any(random, BINDS);
    Protocol protocol = any(random, List.of(Protocol.values()));
    TwinNet.Twin twin = net.open(protocol, address.family());
    if (random.nextInt(2) == 0) {
      net.set(twin, io.bpf4j.sock.SockOption.SO_REUSEADDR, SockOption.SO_REUSEADDR, 1);
    }
    if (random.nextInt(2) == 0) {
      net.set(twin, io.bpf4j.sock.SockOption.SO_REUSEPORT, SockOption.SO_REUSEPORT, 1);
    }
    if (address.family() == Family.INET6 && random.nextInt(4) == 0) {
      net.set(twin, io.bpf4j.sock.SockOption.IPV6_V6ONLY, SockOption.IPV6_V6ONLY, 1);
    }
    if (random.nextInt(4) == 0) {
      net.device(twin, random.nextBoolean() ? "left" : "lo");
    }
    if (!net.bind(twin, address, FIRST_PORT + random.nextInt(2))) {
      net.close(twin);
    } else if (protocol == Protocol.TCP && random.nextInt(8) != 0) {
      net.listen(twin);
    }
  }

  /// Whether the world can go on.
  private boolean probe(TwinNet net, Random random, int seed) {
    for (int i = 0; i < PROBES; i++) {
      SockName to = new SockName(any(random, TARGETS), new Port(FIRST_PORT + random.nextInt(2)));
      boolean v4 = to.address().family() == Family.INET;
      if (random.nextBoolean()) {
        SockName from = any(random, v4 ? PEERS4 : PEERS6);
        Sock mine = net.ours(Protocol.UDP, from, to);
        Sock kernels = net.datagram(from, to);
        check(net, "udp %s -> %s, seed %d".formatted(from, to, seed), mine, kernels);
        if (kernels != null && (kernels.connected() || kernels.family() == Family.INET6)) {
          return false;
        }
      } else {
        // From an address of the same interface, or the answer would not come back.
        IpAddr from = to.address();
        TwinNet.Attempt attempt = net.connection(from, to);
        if (attempt.answered()) {
          Sock mine = net.ours(Protocol.TCP, new SockName(from, new Port(40_000)), to);
          check(net, "tcp %s -> %s, seed %d".formatted(from, to, seed), mine, attempt.sock());
        }
      }
    }
    return true;
  }

  private void check(TwinNet net, String what, @Nullable Sock mine, @Nullable Sock kernels) {
    compared++;
    ReuseportGroup group = mine == null ? null : mine.group();
    boolean same =
        kernels == mine || (group != null && kernels != null && group.members().contains(kernels));
    assertThat(same)
        .as("%s: ours %s, the kernel's %s%s", what, mine, kernels, net.story())
        .isTrue();
  }
}
