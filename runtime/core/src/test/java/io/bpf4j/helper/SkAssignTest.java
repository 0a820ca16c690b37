package io.bpf4j.helper;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.lookup.HelperCall;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.lookup.Step;
import io.bpf4j.map.SocketMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.netns.TestNet;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Spec section 4.5: every answer of bpf_sk_assign, and which comes first.
final class SkAssignTest {
  private final TestNet net = new TestNet();

  /// A socket of one kind of the table, as it stands in a map.
  private Sock kind(String kind) {
    return switch (kind) {
      case "tcp4" -> net.tcp("0.0.0.0:8001");
      case "tcpDual" -> net.tcp("[::]:8002");
      case "tcpMapped" -> net.tcp("[::ffff:127.0.0.1]:8003");
      case "tcpV6only" -> net.tcp("[::]:8004", "v6only");
      case "tcpNative" -> net.tcp("[fd00::1]:8005");
      case "tcpEstablished" -> {
        Sock sock = net.open(Protocol.TCP, Family.INET);
        TestNet.connect(sock, "203.0.113.1:80");
        yield sock;
      }
      case "udp4" -> net.udp("0.0.0.0:8001");
      case "udpDual" -> net.udp("[::]:8002");
      case "udpMapped" -> net.udp("[::ffff:127.0.0.1]:8003");
      case "udpV6only" -> net.udp("[::]:8004", "v6only");
      case "udpNative" -> net.udp("[fd00::1]:8005");
      case "udpConnected" -> {
        Sock sock = net.udp("10.0.0.1:8006");
        TestNet.connect(sock, "203.0.113.1:80");
        yield sock;
      }
      default -> throw new IllegalArgumentException(kind);
    };
  }

  /// The results of the assignments a program makes for a packet.
  private List<Long> results(Protocol protocol, Family family, SocketMap map, int... assignments) {
    Link link = net.attach(net.assigning(map, 1, assignments));
    boolean v4 = family == Family.INET;
    LookupTrace trace =
        net.ns.explain(
            TestNet.tuple(
                protocol,
                v4 ? TestNet.CLIENT4 : TestNet.CLIENT6,
                v4 ? "10.0.0.1:7007" : "[fd00::1]:7007",
                2));
    link.detach();
    List<Long> results = new ArrayList<>();
    for (Step step : trace.steps()) {
      if (step instanceof Step.Run run) {
        run.calls().stream()
            .filter(call -> call.id() == SkHelpers.SK_ASSIGN)
            .map(HelperCall::result)
            .forEach(results::add);
      }
    }
    return results;
  }

  private Long result(Protocol protocol, Family family, SocketMap map, int place, int flags) {
    return results(protocol, family, map, place, flags).getFirst();
  }

  private static long number(String name) {
    return name.equals("0") ? 0 : Errno.valueOf(name).negated();
  }

  @ParameterizedTest
  @CsvSource({
    "tcp4,           0, EAFNOSUPPORT, EPROTOTYPE, EPROTOTYPE",
    "tcpDual,        0, 0, EPROTOTYPE, EPROTOTYPE",
    "tcpMapped,      0, 0, EPROTOTYPE, EPROTOTYPE",
    "tcpV6only,      EAFNOSUPPORT, 0, EPROTOTYPE, EPROTOTYPE",
    "tcpNative,      EAFNOSUPPORT, 0, EPROTOTYPE, EPROTOTYPE",
    "tcpEstablished, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT",
    "udp4,           EPROTOTYPE, EPROTOTYPE, 0, EAFNOSUPPORT",
    "udpDual,        EPROTOTYPE, EPROTOTYPE, 0, 0",
    "udpMapped,      EPROTOTYPE, EPROTOTYPE, 0, 0",
    "udpV6only,      EPROTOTYPE, EPROTOTYPE, EAFNOSUPPORT, 0",
    "udpNative,      EPROTOTYPE, EPROTOTYPE, EAFNOSUPPORT, 0",
    "udpConnected,   ESOCKTNOSUPPORT, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT",
  })
  void eachKindOfSocketIsAnsweredByThePacket(
      String kind, String tcp4, String tcp6, String udp4, String udp6) {
    SocketMap map = net.sockmap(kind(kind));
    assertThat(result(Protocol.TCP, Family.INET, map, 0, 0)).isEqualTo(number(tcp4));
    assertThat(result(Protocol.TCP, Family.INET6, map, 0, 0)).isEqualTo(number(tcp6));
    assertThat(result(Protocol.UDP, Family.INET, map, 0, 0)).isEqualTo(number(udp4));
    assertThat(result(Protocol.UDP, Family.INET6, map, 0, 0)).isEqualTo(number(udp6));
  }

  @Test
  void anEndedListenerCannotBeAssignedUntilItListensAgain() {
    Sock sock = net.tcp("0.0.0.0:8001");
    SocketMap map = net.sockmap(sock);
    for (Runnable end : List.<Runnable>of(sock::shutdown, sock::disconnect)) {
      end.run();
      for (Protocol protocol : Protocol.values()) {
        for (Family family : Family.values()) {
          assertThat(result(protocol, family, map, 0, 0))
              .isEqualTo(Errno.ESOCKTNOSUPPORT.negated());
        }
      }
      sock.listen();
      assertThat(result(Protocol.TCP, Family.INET, map, 0, 0)).isZero();
    }
  }

  @Test
  void aDatagramSocketCanBeAssignedAgainAfterDisconnecting() {
    Sock sock = net.udp("10.0.0.1:8001");
    SocketMap map = net.sockmap(sock);
    TestNet.connect(sock, "203.0.113.1:80");
    assertThat(result(Protocol.UDP, Family.INET, map, 0, 0))
        .isEqualTo(Errno.ESOCKTNOSUPPORT.negated());
    sock.disconnect();
    assertThat(result(Protocol.UDP, Family.INET, map, 0, 0)).isZero();
  }

  @Test
  void aConnectedClientThatListensLaterCanBeAssigned() {
    Sock sock = net.open(Protocol.TCP, Family.INET);
    TestNet.connect(sock, "203.0.113.1:80");
    SocketMap map = net.sockmap(sock);
    sock.disconnect();
    sock.listen();
    assertThat(result(Protocol.TCP, Family.INET, map, 0, 0)).isZero();
  }

  @Test
  void anUnhashedDatagramSocketLeftInAMapCanBeAssigned() {
    Sock sock = net.open(Protocol.UDP, Family.INET);
    TestNet.connect(sock, "203.0.113.1:80");
    SocketMap map = net.sockmap(sock);
    sock.disconnect();
    assertThat(sock.allowedInMaps()).isFalse();
    assertThat(result(Protocol.UDP, Family.INET, map, 0, 0)).isZero();
  }

  @Test
  void flagsBeyondTheTwoAreEinvalForASocketAndForNone() {
    SocketMap map = net.sockmap(kind("tcp4"));
    for (int flags : new int[] {4, 5, 8, 0x40000000, -1}) {
      assertThat(results(Protocol.TCP, Family.INET, map, 0, flags, 7, flags))
          .containsExactly(Errno.EINVAL.negated(), Errno.EINVAL.negated());
    }
    assertThat(results(Protocol.TCP, Family.INET, map, 0, 3)).containsExactly(0L);
  }

  @Test
  void allSixtyFourBitsOfTheFlagsAreLookedAt() {
    net.attach(
        net.program(
            "flags",
            """
            r2 = 0
            r3 = 0x100000000 ll
            call bpf_sk_assign#124
            r0 = 1
            exit
            """));
    LookupTrace trace =
        net.ns.explain(TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2));
    Step.Run run = (Step.Run) trace.steps().get(1);
    assertThat(run.calls().getFirst().errno()).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aSelectionIsKeptUnlessReplaceIsGiven() {
    SocketMap map = net.sockmap(kind("tcp4"), kind("tcpDual"));
    assertThat(results(Protocol.TCP, Family.INET, map, 0, 0, 1, 0, 0, 0, 7, 0, 0, 2))
        .containsExactly(
            0L,
            Errno.EEXIST.negated(),
            Errno.EEXIST.negated(),
            Errno.EEXIST.negated(),
            Errno.EEXIST.negated());
    assertThat(results(Protocol.TCP, Family.INET, map, 0, 0, 1, 1, 7, 1, 0, 0))
        .containsExactly(0L, 0L, 0L, 0L);
    assertThat(results(Protocol.TCP, Family.INET, map, 7, 0, 7, 0, 0, 0))
        .containsExactly(0L, 0L, 0L);
  }

  @Test
  void errorsComeInTheKernelsOrder() {
    SocketMap map =
        net.sockmap(kind("tcp4"), kind("udpConnected"), kind("udpV6only"), kind("tcpV6only"));
    long einval = Errno.EINVAL.negated();
    // Over a selection (place 0), so that EEXIST would be the last word each time.
    assertThat(results(Protocol.TCP, Family.INET, map, 0, 0, 1, 4, 1, 0, 2, 0, 3, 0, 0, 0))
        .containsExactly(
            0L,
            einval,
            Errno.ESOCKTNOSUPPORT.negated(),
            Errno.EPROTOTYPE.negated(),
            Errno.EAFNOSUPPORT.negated(),
            Errno.EEXIST.negated());
  }

  @Test
  void releaseAnswersZero() {
    SocketMap map = net.sockmap(kind("tcp4"));
    net.attach(net.assigning(map, 1, 0, 0));
    LookupTrace trace =
        net.ns.explain(TestNet.tuple(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2));
    Step.Run run =
        (Step.Run)
            trace.steps().stream().filter(Step.Run.class::isInstance).findFirst().orElseThrow();
    HelperCall release = run.calls().getLast();
    assertThat(release.id()).isEqualTo(SkHelpers.SK_RELEASE);
    assertThat(release.result()).isZero();
    assertThat(Objects.requireNonNull(release.sock())).isEqualTo(map.socks().getFirst());
  }
}
