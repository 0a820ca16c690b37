package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// The cases of the kernel's own test of sk_lookup, in our words, on both sides. EXT is 127.0.0.1
/// or fd00::1 at port 7007, INT is 127.0.0.2 or fd00::2 at port 8008.
final class SelftestCasesTest extends Twins {
  /// Servers a and b at INT, both in a group whose program picks b.
  private static String group(String kind, String name) {
    String listen = kind.startsWith("tcp") ? "listen %s -> ok\n" : "";
    StringBuilder text = new StringBuilder();
    for (String sock : new String[] {"a", "b"}) {
      text.append("open %s %s\nset %s so_reuseport 1\n".formatted(sock, kind, sock));
      text.append("bind %s %s -> ok\n".formatted(sock, name)).append(listen.formatted(sock));
      text.append("put %s %s -> ok\n".formatted(sock.equals("a") ? "m0" : "m1", sock));
    }
    return text + "choose 8 m1 return=1\npicker a 8 -> ok\n";
  }

  /// A server of a name.
  private static String server(String sock, String kind, String name) {
    return "open %s %s\nbind %s %s -> ok\n".formatted(sock, kind, sock, name)
        + (kind.startsWith("tcp") ? "listen " + sock + " -> ok\n" : "");
  }

  private static String client(String kind) {
    boolean v4 = kind.endsWith("4");
    String src = v4 ? "127.0.0.1:7101" : "[fd00::1]:7101";
    String dst = v4 ? "127.0.0.1:7007" : "[fd00::1]:7007";
    return (kind.startsWith("tcp") ? "shake " : "send ") + src + " " + dst;
  }

  /// A server that a program selects for packets to port 7007.
  private static void redirected(String kind, String packets, String server) {
    prove(
        server("a", kind, server)
            + """
            put m0 a -> ok
            prog 0 m0 pass if dport=7007
            attach L 0
            %s -> a
            runs 0 -> 1
            """
                .formatted(client(packets)));
  }

  /// The same, selected by all of the packet's destination.
  private void redirectedByAddress(String kind, String server, boolean v4) {
    play(server("a", kind, server) + "put m0 a -> ok\n");
    String address =
        v4
            ? """
            r1 = *(u32 *)(r6 +40)
            if r1 != 0x0100007f goto out
            """
            : """
            r1 = *(u32 *)(r6 +44)
            if r1 != 0xfd goto out
            r1 = *(u32 *)(r6 +48)
            if r1 != 0 goto out
            r1 = *(u32 *)(r6 +52)
            if r1 != 0 goto out
            r1 = *(u32 *)(r6 +56)
            if r1 != 0x01000000 goto out
            """;
    attach(
        NOTING
            + """
            r1 = *(u32 *)(r6 +8)
            if r1 != %d goto out
            r1 = *(u32 *)(r6 +60)
            if r1 != 7007 goto out
            """
                .formatted(v4 ? 2 : 10)
            + address
            + """
            *(u32 *)(r10 -4) = 0
            r2 = r10
            r2 += -4
            r1 = map[idx:1]
            call bpf_map_lookup_elem#1
            if r0 == 0 goto out
            r8 = r0
            r1 = r6
            r2 = r8
            r3 = 0
            call bpf_sk_assign#124
            r1 = r8
            call bpf_sk_release#86
            """
            + PASSING);
    prove(client(kind.substring(0, 3) + (v4 ? 4 : 6)) + " -> a\n");
  }

  private static void grouped(String kind, String flags, String receiver) {
    String inside = kind.endsWith("4") ? "127.0.0.2:8008" : "[fd00::2]:8008";
    prove(
        group(kind, inside)
            + """
            prog 0 m0%s pass
            attach L 0
            %s -> %s
            """
                .formatted(flags, client(kind), receiver));
  }

  private static void dropped(String kind, String condition) {
    String ext = kind.endsWith("4") ? "127.0.0.1:7007" : "[fd00::1]:7007";
    prove(
        server("a", kind, ext)
            + """
            %1$s -> a
            prog 0 drop%2$s
            attach L 0
            %1$s -> none
            runs 0 -> 1
            """
                .formatted(client(kind), condition));
  }

  /// The group's program refuses what is selected; the server that the packet is for is not asked.
  private static void droppedByGroup(String kind) {
    boolean v4 = kind.endsWith("4");
    prove(
        group(kind, v4 ? "127.0.0.2:8008" : "[fd00::2]:8008")
            + server("c", kind, v4 ? "127.0.0.1:7007" : "[fd00::1]:7007")
            + """
            choose 8 return=0
            %1$s -> c
            prog 0 m0 pass
            attach L 0
            %1$s -> none
            runs 8 -> 1
            """
                .formatted(client(kind)));
  }

  @Test
  void case1QueryGivesProgramsInOrderAndADetachedLinkKeepsItsProgram() {
    play(
        """
        prog 2 drop
        attach a 0 -> ok
        attach b 1 -> ok
        attach c 2 -> ok
        query -> 0 1 2
        """);
    assertThat(sim().link("a").netnsInode()).isNotZero();
    live(live -> assertThat(live.link("a").info().netnsInode()).isNotZero());
    play("detach a -> ok\nquery -> 1 2\n");
    assertThat(sim().link("a").netnsInode()).isZero();
    assertThat(sim().link("a").program()).isEqualTo(sim().program(0));
    live(live -> {
      assertThat(live.link("a").info().netnsInode()).isZero();
      assertThat(live.link("a").info().progId()).isEqualTo(live.program(0).id());
    });
    assumeLive();
  }

  @Test
  void case2TcpIpv4IsRedirectedToAnotherPort() {
    redirected("tcp4", "tcp4", "127.0.0.1:8008");
  }

  @Test
  void case3TcpIpv4IsRedirectedToAnotherAddress() {
    redirectedByAddress("tcp4", "127.0.0.2:7007", true);
  }

  @Test
  void case4TcpIpv4IsRedirectedAndTheGroupPicks() {
    grouped("tcp4", "", "b");
  }

  @Test
  void case5TcpIpv4IsRedirectedWithoutTheGroup() {
    grouped("tcp4", "+2", "a");
  }

  @Test
  void case6TcpIpv6IsRedirectedToAnotherPort() {
    redirected("tcp6", "tcp6", "[fd00::1]:8008");
  }

  @Test
  void case7TcpIpv6IsRedirectedToAnotherAddress() {
    redirectedByAddress("tcp6", "[fd00::2]:7007", false);
  }

  @Test
  void case8TcpIpv4IsRedirectedToAnIpv6Socket() {
    redirected("tcp6", "tcp4", "[::ffff:127.0.0.2]:8008");
  }

  @Test
  void case9TcpIpv6IsRedirectedAndTheGroupPicks() {
    grouped("tcp6", "", "b");
  }

  @Test
  void case10TcpIpv6IsRedirectedWithoutTheGroup() {
    grouped("tcp6", "+2", "a");
  }

  @Test
  void case11UdpIpv4IsRedirectedToAnotherPort() {
    redirected("udp4", "udp4", "127.0.0.1:8008");
  }

  @Test
  void case12UdpIpv4IsRedirectedToAnotherAddress() {
    redirectedByAddress("udp4", "127.0.0.2:7007", true);
  }

  @Test
  void case13UdpIpv4IsRedirectedAndTheGroupPicks() {
    grouped("udp4", "", "b");
  }

  private static void groupedWithConnection(String kind, String inside) {
    prove(
        group(kind, inside)
            + """
            open c %1$s
            set c so_reuseport 1
            bind c %2$s -> ok
            connect c %2$s -> ok
            prog 0 m0 pass
            attach L 0
            %3$s -> b
            """
                .formatted(kind, inside, client(kind)));
  }

  @Test
  void case14UdpIpv4IsRedirectedToAGroupWithConnections() {
    groupedWithConnection("udp4", "127.0.0.2:8008");
  }

  @Test
  void case15UdpIpv4IsRedirectedWithoutTheGroup() {
    grouped("udp4", "+2", "a");
  }

  @Test
  void case16UdpIpv6IsRedirectedToAnotherPort() {
    redirected("udp6", "udp6", "[fd00::1]:8008");
  }

  @Test
  void case17UdpIpv6IsRedirectedToAnotherAddress() {
    redirectedByAddress("udp6", "[fd00::2]:7007", false);
  }

  @Test
  void case18UdpIpv4IsRedirectedToAnIpv6Socket() {
    redirected("udp6", "udp4", "[::ffff:127.0.0.2]:8008");
  }

  @Test
  void case19UdpIpv6IsRedirectedAndTheGroupPicks() {
    grouped("udp6", "", "b");
  }

  @Test
  void case20UdpIpv6IsRedirectedToAGroupWithConnections() {
    groupedWithConnection("udp6", "[fd00::2]:8008");
  }

  @Test
  void case21UdpIpv6IsRedirectedWithoutTheGroup() {
    grouped("udp6", "+2", "a");
  }

  @Test
  void case22TcpIpv4IsRefusedByADrop() {
    dropped("tcp4", "");
  }

  @Test
  void case23TcpIpv6IsRefusedByADrop() {
    dropped("tcp6", "");
  }

  @Test
  void case24UdpIpv4IsRefusedByADrop() {
    dropped("udp4", "");
  }

  @Test
  void case25UdpIpv6IsRefusedByADrop() {
    dropped("udp6", "");
    play(
        server("b", "udp6", "[fd00::1]:8008")
            + """
            send [fd00::1]:7101 [fd00::1]:8008 -> none
            send [fd00::1]:7101 [fd00::1]:7009 -> none
            """);
  }

  @Test
  void case26TcpIpv4IsDroppedByItsInterface() {
    dropped("tcp4", " if ifindex=1");
  }

  @Test
  void case27TcpIpv6IsDroppedByItsInterface() {
    dropped("tcp6", " if ifindex=1");
  }

  @Test
  void case28UdpIpv4IsDroppedByItsInterface() {
    dropped("udp4", " if ifindex=1");
  }

  @Test
  void case29UdpIpv6IsDroppedByItsInterface() {
    dropped("udp6", " if ifindex=1");
  }

  @Test
  void case30TcpIpv4IsDroppedByTheGroup() {
    droppedByGroup("tcp4");
  }

  @Test
  void case31TcpIpv6IsDroppedByTheGroup() {
    droppedByGroup("tcp6");
  }

  @Test
  void case32UdpIpv4IsDroppedByTheGroup() {
    droppedByGroup("udp4");
  }

  /// The kernel's list has case 31 once more here, under the name of what its table lacks.
  @Test
  void case33UdpIpv6IsDroppedByTheGroup() {
    droppedByGroup("udp6");
  }

  /// Listeners a and b at INT, in the map.
  private static final String LISTENERS =
      server("a", "tcp4", "127.0.0.2:8008")
          + server("b", "tcp4", "127.0.0.2:8009")
          + "put m0 a\nput m1 b\nattach L 0\n";

  private static final String ONE = "lookup tcp 127.0.0.2:8008 127.0.0.1:7007 lo -> ";

  @Test
  void case34AnAssignmentOverASelectionIsEexist() {
    prove(LISTENERS + "prog 0 m1 m0 pass\n" + ONE + "b\nresult 0 0 -> ok\nresult 0 1 -> EEXIST\n");
  }

  @Test
  void case35AnAssignmentWithReplaceReplaces() {
    prove(LISTENERS + "prog 0 m0 m1+1 pass\n" + ONE + "b\nresult 0 0 -> ok\nresult 0 1 -> ok\n");
  }

  @Test
  void case36NullIsASocketToAssign() {
    prove(
        LISTENERS
            + "prog 0 null m1+1 null null+1 m1+1 pass\n"
            + ONE
            + """
            b
            result 0 0 -> ok
            result 0 1 -> ok
            result 0 2 -> EEXIST
            result 0 3 -> ok
            result 0 4 -> ok
            """);
  }

  /// Assigns the socket at a key of the SOCKMAP, or NULL for key -1, with REPLACE.
  private static String assign(int key) {
    return key < 0
        ? """
        r1 = r6
        r2 = 0
        r3 = 1
        call bpf_sk_assign#124
        """
        : """
        *(u32 *)(r10 -4) = %1$d
        r2 = r10
        r2 += -4
        r1 = map[idx:1]
        call bpf_map_lookup_elem#1
        if r0 == 0 goto out
        r8 = r0
        r1 = r6
        r2 = r8
        r3 = 1
        call bpf_sk_assign#124
        r1 = r8
        call bpf_sk_release#86
        """
            .formatted(key);
  }

  /// Writes whether there is a selection, and what of it: family, type, state, local port.
  private static String noteSelection(int number, int at) {
    return """
    r1 = *(u64 *)(r6 +0)
    r2 = 0
    if r1 == 0 goto none%1$d
    r2 = *(u32 *)(r1 +4)
    r3 = *(u32 *)(r1 +8)
    r2 <<= 8
    r2 |= r3
    r3 = *(u32 *)(r1 +72)
    r2 <<= 8
    r2 |= r3
    r3 = *(u32 *)(r1 +44)
    r2 <<= 16
    r2 |= r3
    none%1$d:
    *(u64 *)(r7 +%2$d) = r2
    """
        .formatted(number, at);
  }

  @Test
  void case37TheContextShowsTheSelection() {
    play(LISTENERS);
    attach(
        NOTING
            + noteSelection(0, 0)
            + assign(0)
            + noteSelection(1, 8)
            + assign(-1)
            + noteSelection(2, 16)
            + assign(1)
            + noteSelection(3, 24)
            + PASSING);
    play(ONE + "b\n");
    // AF_INET, SOCK_STREAM, TCP_LISTEN, and the port.
    assertThat(notes()).startsWith(0, 0x02_01_0a_0000L | 8008, 0, 0x02_01_0a_0000L | 8009);
    assumeLive();
  }

  /// Loads of every width of the context's numbers, each compared with what it must give.
  private static String narrowLoads(long[][] fields) {
    StringBuilder text = new StringBuilder();
    for (long[] field : fields) {
      int offset = (int) field[0];
      for (int width = 1; width <= 4; width *= 2) {
        for (int at = 0; at < field[1]; at += width) {
          long value = field[2] >>> (8 * at) & (0xffff_ffffL >>> (32 - 8 * width));
          text.append("r1 = *(u%d *)(r6 +%d)\n".formatted(8 * width, offset + at));
          text.append("r5 = %d\n".formatted(offset * 100 + at * 10 + width));
          text.append("r2 = 0x%x ll\n".formatted(value));
          text.append("if r1 != r2 goto bad\n");
        }
      }
    }
    return text.toString();
  }

  private void narrow(String packet, long[][] fields) {
    play(LISTENERS + server("c", "tcp6", "[fd00::2]:8008") + "put m2 c\n");
    attach(
        NOTING
            + narrowLoads(fields)
            + "r1 = *(u32 *)(r6 +36)\nr5 = 1\nif r1 != %d goto bad\n".formatted(0x481f)
            + assign(packet.contains("[") ? 2 : 1)
            + """
            goto out
            bad:
            *(u64 *)(r7 +0) = r5
            """
            + PASSING);
    play(packet);
    assertThat(notes()[0]).as("the load that differs").isZero();
    assumeLive();
  }

  @Test
  void case38TheContextIsReadInPiecesOverIpv4() {
    narrow(
        "lookup tcp 127.0.0.2:8008 127.0.0.1:7007 lo -> b\n",
        new long[][] {
          {8, 2, 2},
          {12, 2, 6},
          {16, 4, 0x0200007f},
          {20, 4, 0},
          {24, 4, 0},
          {28, 4, 0},
          {32, 4, 0},
          {36, 2, 0x481f},
          {40, 4, 0x0100007f},
          {44, 4, 0},
          {48, 4, 0},
          {52, 4, 0},
          {56, 4, 0},
          {60, 2, 7007},
          {64, 4, 1},
        });
  }

  @Test
  void case39TheContextIsReadInPiecesOverIpv6() {
    narrow(
        "lookup tcp [fd00::2]:8008 [fd00::1]:7007 lo -> c\n",
        new long[][] {
          {8, 2, 10},
          {12, 2, 6},
          {16, 4, 0},
          {20, 4, 0xfd},
          {24, 4, 0},
          {28, 4, 0},
          {32, 4, 0x02000000},
          {36, 2, 0x481f},
          {40, 4, 0},
          {44, 4, 0xfd},
          {48, 4, 0},
          {52, 4, 0},
          {56, 4, 0x01000000},
          {60, 2, 7007},
          {64, 4, 1},
        });
  }

  private static void connectedIsNotAssigned(String kind) {
    prove(
        server("s", kind, "127.0.0.1:7007")
            + """
            open c %s
            bind c 127.0.0.1:7011
            connect c 127.0.0.1:7012 -> ok
            put m0 c -> ok
            prog 0 m0 pass
            attach L 0
            %s -> s
            result 0 0 -> ESOCKTNOSUPPORT
            """
                .formatted(kind, client(kind)));
  }

  @Test
  void case40AnEstablishedTcpSocketIsNotAssigned() {
    connectedIsNotAssigned("tcp4");
  }

  @Test
  void case41AConnectedUdpSocketIsNotAssigned() {
    connectedIsNotAssigned("udp4");
  }

  /// Two programs, and a server where the connection goes to or inside.
  private static void two(String server, String first, String second, String receiver) {
    for (String kind : new String[] {"tcp4", "udp4"}) {
      String sock = kind + "server";
      play(
          """
          open %1$s %2$s
          bind %1$s %3$s -> ok
          %4$s
          put m0 %1$s
          prog 0 %5$s
          prog 1 %6$s
          attach L 0
          attach M 1
          %7$s -> %8$s
          runs 0 -> 1
          runs 1 -> 1
          detach L
          detach M
          """
              .formatted(
                  sock,
                  kind,
                  server,
                  kind.startsWith("tcp") ? "listen " + sock : "",
                  first,
                  second,
                  client(kind),
                  receiver.isEmpty() ? "none" : sock));
    }
    assumeLive();
  }

  private static final String EXT = "127.0.0.1:7007";
  private static final String INT = "127.0.0.2:8008";

  @Test
  void case42PassAndPass() {
    two(EXT, "pass", "pass", "server");
  }

  @Test
  void case43DropAndDrop() {
    two(EXT, "drop", "drop", "");
  }

  @Test
  void case44PassAndDrop() {
    two(EXT, "pass", "drop", "");
  }

  @Test
  void case45DropAndPass() {
    two(EXT, "drop", "pass", "");
  }

  @Test
  void case46PassAndRedirect() {
    two(INT, "pass", "m0 pass", "server");
  }

  @Test
  void case47RedirectAndPass() {
    two(INT, "m0 pass", "pass", "server");
  }

  @Test
  void case48DropAndRedirect() {
    two(INT, "drop", "m0 pass", "server");
  }

  @Test
  void case49RedirectAndDrop() {
    two(INT, "m0 pass", "drop", "server");
  }

  @Test
  void case50RedirectAndRedirect() {
    two(INT, "m0 pass", "m0 pass", "server");
  }
}
