package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.linux.KernelSocket;
import io.bpf4j.linux.SockName;
import io.bpf4j.linux.SockOption;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.TcpSock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The rules that random worlds brought to light. The numbers are those of the specification's list
/// of further rules.
final class FurtherRulesTest extends Twins {
  /// Sockets a and b of a kind at a name, both thrown out of their groups by connecting once.
  private static String evicted(String kind, String name, String peer) {
    StringBuilder text = new StringBuilder();
    for (String steps :
        new String[] {
          "open %1$s %2$s\nset %1$s so_reuseport 1\nbind %1$s %3$s -> ok\n",
          "connect %1$s %4$s -> ok\n",
          "disconnect %1$s -> ok\npicker %1$s 8 -> EINVAL\n"
        }) {
      text.append(steps.formatted("a", kind, name, peer));
      text.append(steps.formatted("b", kind, name, peer));
    }
    return text.toString();
  }

  /// A newcomer joins one of two sockets without a group; the group's program picks its first.
  private static void joins(String kind, String name, String src, String first, String second) {
    prove(
        "choose 8 return=0\n"
            + evicted(kind, name, src)
            + """
            open c %s
            set c so_reuseport 1
            bind c %s -> ok
            picker %s 8 -> EINVAL
            picker %s 8 filter -> ok
            picker c 8 filter -> ok
            """
                .formatted(kind, name, second, first)
            + "send %s %s -> %s\n".formatted(src, name, first));
  }

  @Test
  void rule1ANewcomerJoinsTheNewestOverIpv4AndTheOldestOverIpv6() {
    joins("udp4", "127.0.0.1:7007", "127.0.0.1:7101", "b", "a");
    play("close a\nclose b\nclose c\n");
    joins("udp6", "[fd00::1]:7007", "[fd00::1]:7101", "a", "b");
  }

  @Test
  void rule2AnInterfaceIsComparedWhenASocketJoins() {
    prove(
        """
        open a udp4
        set a so_reuseport 1
        bind a 127.0.0.1:7007 -> ok
        open b udp4
        set b so_reuseport 1
        bind b 127.0.0.1:7007 -> ok
        device a lo -> ok
        picker a 8 -> EINVAL
        picker b 8 -> ok
        open c tcp4
        set c so_reuseport 1
        bind c 127.0.0.1:7007 -> ok
        listen c -> ok
        open d tcp4
        set d so_reuseport 1
        bind d 127.0.0.1:7007 -> ok
        listen d -> ok
        device c left -> ok
        choose 9 return=0
        picker c 9 filter -> ok
        # The first member is picked although it takes packets of another interface.
        sim: shake 127.0.0.1:0 127.0.0.1:7007 -> c
        live: shake 127.0.0.1:0 127.0.0.1:7007 -> timeout
        choose 9 return=1
        shake 127.0.0.1:0 127.0.0.1:7007 -> d
        """);
  }

  @Test
  void rule3AnIpv6SocketKeepsItsPeersAddress() {
    prove(
        """
        open a udp6
        bind a [::]:7007 -> ok
        lookup udp [fd00::2]:7101 [fd00::1]:7007 lo -> a
        connect a [fd00::1]:7101 -> ok
        disconnect a -> ok
        lookup udp [fd00::2]:7101 [fd00::1]:7007 lo -> none
        lookup udp [fd00::1]:7102 [fd00::1]:7007 lo -> a
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
        connect a [::ffff:127.0.0.1]:7101 -> ok
        disconnect a -> ok
        lookup udp [fd00::1]:7102 [fd00::1]:7007 lo -> none
        lookup udp [fd00::2]:7101 [fd00::1]:7007 lo -> none
        lookup udp 127.0.0.2:7101 127.0.0.1:7007 lo -> a
        connect a [fd00::2]:7101 -> ok
        disconnect a -> ok
        lookup udp [fd00::2]:7105 [fd00::1]:7007 lo -> a
        """);
  }

  @Test
  void rule4DisconnectClearsTheInterface() {
    prove(
        """
        open a udp4
        bind a 127.0.0.1:7007 -> ok
        connect a 127.0.0.1:7101 -> ok
        device a lo -> ok
        get a so_bindtoifindex -> 1
        disconnect a -> ok
        get a so_bindtoifindex -> 0
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 left -> a
        """);
  }

  @Test
  void rule5DisconnectPutsAWildcardSocketToTheFront() {
    String twins =
        """
        open a %1$s
        set a %2$s 1
        bind a %3$s:7007 -> ok
        open b %1$s
        set b %2$s 1
        bind b %3$s:7007 -> ok
        """;
    play(
        twins.formatted("udp4", "so_reuseaddr", "0.0.0.0")
            + """
            lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> b
            connect a 127.0.0.1:7101 -> ok
            disconnect a -> ok
            lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
            close a
            close b
            """);
    // The group of c and d stands behind a, which left its own.
    prove(
        twins.formatted("udp6", "so_reuseport", "[::]")
            + """
            connect b [fd00::1]:7101 -> ok
            disconnect b -> ok
            lookup udp [fd00::1]:7102 [fd00::1]:7007 lo -> b
            """);
  }

  @Test
  void rule6TheMappedWildcardIsNotTheIpv6Wildcard() {
    play(
        """
        open a udp6
        set a so_reuseport 1
        bind a [::ffff:0.0.0.0]:7007 -> ok
        get a ipv6_v6only -> 0
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
        lookup udp [fd00::1]:7101 [fd00::1]:7007 lo -> none
        open b udp6
        set b so_reuseport 1
        bind b [::]:7007 -> ok
        choose 8 return=0
        choose 9 return=1
        picker a 8 -> ok
        picker b 9 -> ok
        send [fd00::1]:7101 [fd00::1]:7007 -> b
        runs 8 -> 0
        connect a [::ffff:127.0.0.1]:7101 -> ok
        local a -> [::ffff:127.0.0.1]:7007
        disconnect a -> ok
        """);
    prove("local a\nlookup udp 127.0.0.2:7101 127.0.0.2:7007 lo -> b\n");
  }

  @Test
  void rule7ASocketWithAPeerTakesTheCpuThatReceives() {
    prove(
        """
        open a udp4
        set a so_reuseaddr 1
        bind a 127.0.0.1:7007 -> ok
        open b udp4
        set b so_reuseaddr 1
        bind b 127.0.0.1:7007 -> ok
        get a so_incoming_cpu -> -1
        lookup udp 127.0.0.1:7102 127.0.0.1:7007 lo -> b
        connect a 127.0.0.1:7101 -> ok
        send 127.0.0.1:7101 127.0.0.1:7007 -> a
        get a so_incoming_cpu
        disconnect a -> ok
        lookup udp 127.0.0.1:7102 127.0.0.1:7007 lo -> a
        send 127.0.0.1:7102 127.0.0.1:7007 -> a
        get b so_incoming_cpu -> -1
        """);
  }

  private static List<Packet> packets(String form) {
    return IntStream.range(7200, 7264)
        .mapToObj(port -> ((Step.Look) StepReader.read(form.formatted(port))).packet())
        .toList();
  }

  @Test
  void rule8ACpuThatWasPickedUpDoesNotCountInTheGroup() {
    play(
        """
        open a udp6
        set a so_reuseport 1
        bind a [fd00::1]:7007 -> ok
        connect a [fd00::2]:7101 -> ok
        disconnect a -> ok
        open b udp6
        set b so_reuseport 1
        bind b [fd00::1]:7007 -> ok
        choose 8 return=0
        picker a 8 filter -> ok
        send [fd00::2]:7101 [fd00::1]:7007 -> a
        get a so_incoming_cpu
        unpick a -> ok
        """);
    List<Packet> packets = packets("lookup udp [fd00::2]:%d [fd00::1]:7007 lo");
    picks(packets, "a", "b");
    int cpu = sim().sock("a").getsockopt(io.bpf4j.sock.SockOption.SO_INCOMING_CPU);
    assertThat(cpu).isNotNegative();
    // Setting what it has already does not count it either.
    play("set a so_incoming_cpu " + cpu + " -> ok\n");
    picks(packets, "a", "b");
    play("set a so_incoming_cpu -1 -> ok\nset a so_incoming_cpu " + cpu + " -> ok\n");
    // Once too few, once as many as before: none is counted.
    picks(packets, "a", "b");
    play("set b so_incoming_cpu " + (cpu + 1) + " -> ok\n");
    picks(packets, "a");
    assumeLive();
  }

  private static void picks(List<Packet> packets, String... names) {
    assertThat(sim().look(packets)).extracting(Answer::text).containsOnly(names);
    live(live -> assertThat(live.look(packets)).extracting(Answer::text).containsOnly(names));
  }

  @Test
  void rule9OnlySocketsOfOneUserAreAGroup() {
    play(
        """
        open a udp4 uid=1
        set a so_reuseport 1
        set a so_reuseaddr 1
        bind a 127.0.0.1:7007 -> ok
        open b udp4 uid=2
        set b so_reuseport 1
        bind b 127.0.0.1:7007 -> EADDRINUSE
        set b so_reuseaddr 1
        bind b 127.0.0.1:7007 -> ok
        open c udp4 uid=1
        set c so_reuseport 1
        set c so_reuseaddr 1
        bind c 127.0.0.1:7007 -> ok
        choose 8 return=0
        choose 9 return=0
        picker b 8 filter -> ok
        picker c 9 filter -> ok
        # The newest is c; its group's first is a.
        send 127.0.0.1:7101 127.0.0.1:7007 -> a
        runs 8 -> 0
        close a
        close c
        """);
    prove("send 127.0.0.1:7101 127.0.0.1:7007 -> b\n");
  }

  @Test
  void rule10AnAcceptedSocketHasTheListenersInterface() {
    play(
        """
        open a tcp4
        device a lo -> ok
        bind a 0.0.0.0:7007 -> ok
        listen a -> ok
        """);
    Packet syn = packets("lookup tcp 127.0.0.1:%d 127.0.0.1:7007 lo").getFirst();
    TcpSock child = ((TcpSock) sim().sock("a")).accept(syn.tuple(1));
    assertThat(child.getsockopt(io.bpf4j.sock.SockOption.SO_BINDTOIFINDEX)).isEqualTo(1);
    child.close();
    live(live -> {
      try (KernelSocket client = live.ns().socket(Family.INET, Protocol.TCP)) {
        client.connect(SockName.of("127.0.0.1", 7007));
        try (KernelSocket accepted = live.socket("a").accept()) {
          assertThat(accepted.get(SockOption.SO_BINDTOIFINDEX)).isEqualTo(1);
          accepted.set(SockOption.TCP_REPAIR, 1);
          client.set(SockOption.TCP_REPAIR, 1);
        }
      }
    });
    assumeLive();
  }

  /// The lookup finds the listener; what comes back is lost.
  @Test
  void rule11AConnectionAcrossInterfacesComesToNothing() {
    prove(
        """
        open a tcp4
        device a left -> ok
        bind a 192.0.2.1:7007 -> ok
        listen a -> ok
        lookup tcp 127.0.0.1:7101 192.0.2.1:7007 left -> a
        live: shake 127.0.0.1:0 192.0.2.1:7007 -> timeout
        shake 192.0.2.1:0 192.0.2.1:7007 -> a
        lookup tcp [::1]:7101 [fd01::1]:7008 left -> none
        live: shake [::1]:0 [fd01::1]:7008 -> timeout
        shake [fd01::1]:0 [fd01::1]:7008 -> none
        """);
  }

  @Test
  void rule12AListenerThatWasNeverBoundGetsANewPort() {
    play("open a tcp4\nlisten a -> ok\n");
    TcpSock ours = (TcpSock) sim().sock("a");
    int before = ours.port().number();
    play("disconnect a -> ok\n");
    assertThat(ours.port().number()).isEqualTo(before);
    play("listen a -> ok\n");
    assertThat(ours.port().number()).isNotIn(0, before);
    play("close a\nopen a tcp4\nlisten a -> ok\n");
    live(live -> {
      KernelSocket theirs = live.socket("a");
      SockName first = theirs.local();
      play("disconnect a -> ok\n");
      assertThat(theirs.local()).isEqualTo(first);
      play("listen a -> ok\n");
      assertThat(theirs.local()).isNotEqualTo(first);
    });
    assumeLive();
  }
}
