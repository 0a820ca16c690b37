package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.cbpf.Ancillary;
import io.bpf4j.cbpf.ClassicInsn;
import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.ReuseportGroup;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.UdpSock;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Random reuseport groups with programs, arrays and maps, on the kernel and in a world: calls fail
/// alike, packets find the same socket, programs see the same.
final class LiveGroupTest {
  private static final int WORLDS = Integer.getInteger("bpf4j.liveGroups", 6);
  private static final int FIRST = Integer.getInteger("bpf4j.liveFirst", 0);
  private static final int OPERATIONS = 36;
  private static final int PROBES = 6;
  private static final int PORT = 7001;

  private static final List<IpAddr> BINDS =
      addresses("127.0.0.1", "127.0.0.1", "0.0.0.0", "::", "fd00::1", "::ffff:127.0.0.1");
  private static final List<IpAddr> TARGETS = addresses("127.0.0.1", "127.0.0.1", "fd00::1");
  private static final SockName PEER4 = SockName.of("127.0.0.1", 7101);
  private static final SockName PEER6 = SockName.of("fd00::1", 7101);

  private List<IpAddr> binds = BINDS;
  private int compared;
  private int picked;
  private int refused;

  private static List<IpAddr> addresses(String... texts) {
    return List.of(texts).stream().map(IpAddr::parse).toList();
  }

  private static <T> T any(Random random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
    Live.assumeNetns();
  }

  @Test
  void packetsFindTheMembersThatTheKernelsProgramsPick() {
    for (int seed = FIRST; seed < FIRST + WORLDS; seed++) {
      Random random = new Random(seed);
      try (TwinNet net = new TwinNet();
          TwinGroups groups = new TwinGroups(net)) {
        net.story.add("seed " + seed);
        if (random.nextInt(3) == 0) {
          groups.steer();
        }
        // Few addresses, so that there are groups of several.
        binds = List.of(any(random, BINDS), any(random, BINDS));
        for (int i = 0; i < OPERATIONS; i++) {
          operate(net, groups, random);
          if (i >= 11 && i % 4 == 3) {
            compareMaps(groups);
            if (!probe(net, groups, random)) {
              break;
            }
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(WORLDS * PROBES);
    assertThat(picked).isGreaterThan(WORLDS / 2);
    assertThat(refused).isPositive();
  }

  private static void compareMaps(TwinGroups groups) {
    for (int map = 2; map <= 4; map++) {
      for (int key = 0; key < TwinGroups.ENTRIES; key++) {
        groups.compareEntry(map, key);
      }
    }
  }

  private void operate(TwinNet net, TwinGroups groups, Random random) {
    List<TwinNet.Twin> twins = net.twins();
    if (twins.isEmpty() || random.nextInt(10) < 3) {
      make(net, groups, random);
      return;
    }
    TwinNet.Twin twin = any(random, twins);
    Sock ours = twin.ours();
    boolean udp = ours.protocol() == Protocol.UDP;
    int key = random.nextInt(TwinGroups.ENTRIES + 1);
    int map = random.nextInt(8) < 5 ? 2 : 3 + random.nextInt(2);
    switch (random.nextInt(16)) {
      case 0 -> net.close(twin);
      case 1 -> groups.detach(twin);
      case 2, 3 -> attach(groups, twin, random);
      case 4 -> net.disconnect(twin);
      case 5 -> {
        if (udp) {
          connect(net, twin);
        } else {
          groups.shutdown(twin);
        }
      }
      case 6 -> {
        if (!udp && ours.port().number() == PORT) {
          net.listen(twin);
        }
      }
      case 7 -> groups.delete(map, key);
      case 8 ->
          net.set(
              twin,
              io.bpf4j.sock.SockOption.SO_REUSEPORT,
              SockOption.SO_REUSEPORT,
              random.nextInt(2));
      case 9 -> net.device(twin, random.nextBoolean() ? "lo" : "");
      default -> groups.put(map, key, twin, random.nextInt(4) == 0 ? random.nextInt(4) : 0);
    }
  }

  private static void attach(TwinGroups groups, TwinNet.Twin twin, Random random) {
    int kind = random.nextInt(6);
    if (kind < 3) {
      groups.attach(twin, false);
    } else if (kind == 3) {
      groups.attach(twin, true);
    } else {
      groups.attachClassic(twin, filter(random));
    }
  }

  private static ClassicInsn load(int size, int k) {
    return ClassicInsn.of(ClassicInsn.LD | size | ClassicInsn.ABS, k);
  }

  /// A filter that returns a small number, most often.
  private static List<ClassicInsn> filter(Random random) {
    ClassicInsn returnA = ClassicInsn.of(ClassicInsn.RET | ClassicInsn.A, 0);
    ClassicInsn and = ClassicInsn.of(ClassicInsn.ALU | ClassicInsn.AND, random.nextInt(4));
    int net = -0x100000;
    return switch (random.nextInt(9)) {
      case 0 -> List.of(load(ClassicInsn.B, 0), returnA);
      case 1 -> List.of(ClassicInsn.of(ClassicInsn.LD | ClassicInsn.LEN, 0), returnA);
      case 2 -> List.of(load(ClassicInsn.W, net + 12 + 4 * random.nextInt(2)), and, returnA);
      case 3 -> List.of(load(ClassicInsn.H, Ancillary.PROTOCOL.k()), and, returnA);
      case 4 ->
          List.of(
              load(
                  ClassicInsn.W, (random.nextBoolean() ? Ancillary.IFINDEX : Ancillary.HATYPE).k()),
              and,
              returnA);
      case 5 -> List.of(load(ClassicInsn.B, net + 9), returnA);
      case 6 ->
          List.of(
              ClassicInsn.of(ClassicInsn.LDX | ClassicInsn.B | ClassicInsn.MSH, net),
              ClassicInsn.of(ClassicInsn.MISC | ClassicInsn.TXA, 0),
              ClassicInsn.of(ClassicInsn.ALU | ClassicInsn.RSH, 3),
              and,
              returnA);
      default -> List.of(ClassicInsn.of(ClassicInsn.RET, random.nextInt(4)));
    };
  }

  private static void connect(TwinNet net, TwinNet.Twin twin) {
    Sock ours = twin.ours();
    if (ours.getsockopt(io.bpf4j.sock.SockOption.SO_BINDTOIFINDEX) != 0
        || ours.port().number() == 0) {
      return;
    }
    SockName peer = ours.family() == Family.INET ? PEER4 : PEER6;
    net.connect(twin, peer.address(), peer.port().number());
  }

  private void make(TwinNet net, TwinGroups groups, Random random) {
    IpAddr address = any(random, binds);
    Protocol protocol = any(random, List.of(Protocol.values()));
    TwinNet.Twin twin = net.open(protocol, address.family());
    net.set(twin, io.bpf4j.sock.SockOption.SO_MARK, SockOption.SO_MARK, 100 + twin.ours().index());
    if (random.nextInt(12) != 0) {
      net.set(twin, io.bpf4j.sock.SockOption.SO_REUSEPORT, SockOption.SO_REUSEPORT, 1);
    }
    if (random.nextInt(6) == 0) {
      attach(groups, twin, random);
    }
    if (random.nextInt(10) == 0) {
      return;
    }
    if (!net.bind(twin, address, PORT)) {
      net.close(twin);
    } else if (protocol == Protocol.TCP && random.nextInt(8) != 0) {
      net.listen(twin);
    }
  }

  /// Whether the world can go on.
  private boolean probe(TwinNet net, TwinGroups groups, Random random) {
    for (int i = 0; i < PROBES; i++) {
      groups.order(
          random.nextInt(8) == 0 ? 3 : random.nextInt(8) < 6 ? 0 : 1 + random.nextInt(2),
          random.nextInt(random.nextInt(8) == 0 ? TwinGroups.ENTRIES + 1 : TwinGroups.ENTRIES),
          random.nextInt(4) == 0 ? random.nextInt(3) : 1,
          random.nextInt(3));
      groups.orderLookup(
          random.nextInt(TwinGroups.ENTRIES + 1),
          random.nextInt(6) == 0 ? 0 : 1,
          random.nextInt(4));
      SockName to = new SockName(any(random, TARGETS), new Port(PORT));
      if (random.nextBoolean()) {
        SockName from = to.address().family() == Family.INET ? PEER4 : PEER6;
        LookupTrace trace = groups.trace(Protocol.UDP, from, to);
        Sock mine = TwinGroups.found(trace);
        Sock kernels = net.datagram(from, to);
        check(net, groups, "udp %s -> %s".formatted(from, to), trace, mine, kernels);
        if (kernels instanceof UdpSock udp) {
          // Which CPU received it, the kernel does not tell: then the worlds part.
          int before = udp.getsockopt(io.bpf4j.sock.SockOption.SO_INCOMING_CPU);
          udp.received(to.address().family(), 0);
          if (udp.getsockopt(io.bpf4j.sock.SockOption.SO_INCOMING_CPU) != before) {
            return false;
          }
        }
      } else {
        // From an address of the same interface, or the answer would not come back.
        IpAddr from = to.address();
        TwinNet.Attempt attempt = net.connection(from, to);
        if (attempt.answered()) {
          SockName name = new SockName(from, new Port(40_000));
          LookupTrace trace = groups.trace(Protocol.TCP, name, to);
          Sock mine = TwinGroups.found(trace);
          check(net, groups, "tcp %s -> %s".formatted(from, to), trace, mine, attempt.sock());
        }
      }
    }
    return true;
  }

  private void check(
      TwinNet net,
      TwinGroups groups,
      String what,
      LookupTrace trace,
      @Nullable Sock mine,
      @Nullable Sock kernels) {
    compared++;
    boolean byHash = TwinGroups.byHash(trace);
    ReuseportGroup group = mine == null ? null : mine.group();
    boolean same =
        kernels == mine
            || (byHash && group != null && kernels != null && group.members().contains(kernels));
    picked += mine != null && !byHash && group != null ? 1 : 0;
    refused += trace.result() instanceof LookupResult.DroppedByGroup ? 1 : 0;
    assertThat(same)
        .as("%s: ours %s, the kernel's %s, %s%s", what, mine, kernels, trace, net.story())
        .isTrue();
    assertThat(groups.ourResults())
        .as("%s: what the program saw%s", what, net.story())
        .isEqualTo(groups.theirResults());
  }
}
