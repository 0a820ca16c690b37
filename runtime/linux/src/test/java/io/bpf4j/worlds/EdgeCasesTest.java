package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.prog.ProgType;
import org.junit.jupiter.api.Test;

/// What a simple reimplementation of the lookup gets wrong, part one: programs, selections and
/// contexts. The numbers are those of the specification's list of edge behaviours.
final class EdgeCasesTest extends Twins {
  /// TCP listeners a and b, and UDP sockets u and v, all where no packet of these tests goes.
  private static final String SOCKETS =
      """
      open a tcp4
      bind a 127.0.0.2:8008 -> ok
      listen a -> ok
      open b tcp4
      bind b 127.0.0.2:8009 -> ok
      listen b -> ok
      open u udp4
      bind u 127.0.0.2:8008 -> ok
      open v udp4
      bind v 127.0.0.2:8009 -> ok
      put m0 a
      put m1 b
      put m2 u
      put m3 v
      """;

  /// A TCP group of a and b at 127.0.0.2:8008 whose program picks b, in the map as 0 and 1.
  private static final String GROUP =
      """
      open a tcp4
      set a so_reuseport 1
      bind a 127.0.0.2:8008 -> ok
      listen a -> ok
      open b tcp4
      set b so_reuseport 1
      bind b 127.0.0.2:8008 -> ok
      listen b -> ok
      put m0 a
      put m1 b
      choose 8 m1 return=1
      picker a 8 -> ok
      attach L 0
      attach M 1
      """;

  private static final String TCP = "lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> ";
  private static final String SHAKE = "shake 127.0.0.1:0 127.0.0.1:7007 -> ";

  @Test
  void edge1ASelectionWinsOverADropInAnyOrder() {
    prove(
        SOCKETS
            + "attach L 0\nattach M 1\nprog 0 drop\nprog 1 m0 pass\n"
            + SHAKE
            + "a\nprog 0 m0 pass\nprog 1 drop\n"
            + SHAKE
            + "a\n");
  }

  @Test
  void edge2TheSelectionOfADropIsDiscardedAndNotSeen() {
    prove(
        SOCKETS
            + "attach L 0\nattach M 1\nprog 0 m0 drop\nprog 1 m1 pass\n"
            + SHAKE
            + "b\nresult 1 0 -> ok\nprog 1 self pass\n"
            + SHAKE
            + "none\nresult 1 0 -> ok\n");
  }

  @Test
  void edge3ALaterNullDoesNotClearASelection() {
    prove(
        SOCKETS
            + "attach L 0\nattach M 1\nattach N 2\nprog 0 m0 pass\nprog 1 null+1 pass\n"
            + SHAKE
            + "a\nresult 1 0 -> ok\nprog 2 m1 pass\n"
            + SHAKE
            + "a\nresult 2 0 -> EEXIST\n");
  }

  @Test
  void edge4AReplacementByADropLeavesTheSelection() {
    prove(
        SOCKETS
            + "attach L 0\nattach M 1\nprog 0 m0 pass\nprog 1 m1+1 drop\n"
            + SHAKE
            + "a\nresult 1 0 -> ok\n");
  }

  @Test
  void edge5AllProgramsRunWhateverTheFirstSay() {
    StringBuilder text = new StringBuilder("prog 0 drop\n");
    for (int i = 0; i < 64; i++) {
      text.append("attach l%d 0 -> ok\n".formatted(i));
    }
    prove(text + TCP + "none\nruns 0 -> 64\n");
  }

  @Test
  void edge6TheSameSocketAgainIsEexistAndSoIsNull() {
    prove(
        SOCKETS
            + "attach L 0\nprog 0 m0 m0 null pass\n"
            + TCP
            + "a\nresult 0 0 -> ok\nresult 0 1 -> EEXIST\nresult 0 2 -> EEXIST\n");
  }

  @Test
  void edge7ErrorsOfAnAssignmentHaveTheirOrder() {
    prove(
        SOCKETS
            + """
            open c udp4
            bind c 127.0.0.2:8011 -> ok
            connect c 127.0.0.2:8012 -> ok
            open d tcp6
            set d ipv6_v6only 1
            bind d [::]:8011 -> ok
            listen d -> ok
            open e udp6
            set e ipv6_v6only 1
            bind e [::]:8012 -> ok
            put m4 c
            put m5 d
            put m6 e
            attach L 0
            prog 0 m0 m4+4 m4 m6 m5 pass
            lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
            result 0 0 -> ok
            result 0 1 -> EINVAL
            result 0 2 -> ESOCKTNOSUPPORT
            result 0 3 -> EPROTOTYPE
            result 0 4 -> EAFNOSUPPORT
            prog 0 m0 m2 m1 pass
            lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
            result 0 1 -> EPROTOTYPE
            result 0 2 -> EEXIST
            """);
  }

  @Test
  void edge8NoReuseportStaysWithTheSelection() {
    prove(
        GROUP
            + "prog 0 m0+2 pass\nprog 1 pass\n"
            + SHAKE
            + "a\nprog 1 drop\n"
            + SHAKE
            + "a\nprog 1 m0+1 pass\n"
            + SHAKE
            + "b\nprog 1 m0 pass\n"
            + SHAKE
            + "a\nresult 1 0 -> EEXIST\nprog 0 m0 pass\nprog 1 m0+3 pass\n"
            + SHAKE
            + "a\nprog 1 m0+3 drop\n"
            + SHAKE
            + "b\nprog 0 null+2 pass\nprog 1 m0 pass\n"
            + SHAKE
            + "b\n");
  }

  /// Loads, each noted as a number.
  private static String noteLoads(String pointer, String... loads) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < loads.length; i++) {
      String[] load = loads[i].split("@", 2);
      text.append(
          "r1 = *(%s *)(%s +%s)\n*(u64 *)(r7 +%d) = r1\n"
              .formatted(load[0], pointer, load[1], 8 * i));
    }
    return text.toString();
  }

  private void attachLoads(String... loads) {
    attach(NOTING + noteLoads("r6", loads) + PASSING);
  }

  @Test
  void edge9TheWordAtTheRemotePortIsThePortAndTheHoleIsZero() {
    attachLoads("u32@36", "u16@38", "u8@38", "u8@39", "u16@36");
    play("lookup tcp 127.0.0.1:4660 127.0.0.1:7007 lo -> none\n");
    assertThat(notes()).startsWith(0x3412, 0, 0, 0, 0x3412);
    assumeLive();
  }

  @Test
  void edge10TheUpperHalfOfASmallFieldRepeatsTheLower() {
    attachLoads("u16@10", "u16@14", "u16@62", "u8@10", "u8@14", "u8@62", "u8@63", "u16@66");
    play("lookup udp 127.0.0.1:7101 127.0.0.1:43981 lo -> none\n");
    assertThat(notes()).startsWith(2, 17, 43981, 0, 0, 0, 0, 0);
    assumeLive();
  }

  /// R8 is the socket at key 0 of the SOCKMAP, and owned.
  private static final String SOCKET =
      """
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto out
      r8 = r0
      """;

  private static final String RELEASE =
      """
      r1 = r8
      call bpf_sk_release#86
      """;

  private void attachSocketLoads(String... loads) {
    attach(NOTING + SOCKET + noteLoads("r8", loads) + RELEASE + PASSING);
  }

  @Test
  void edge11PeersPortsAreInNetworkOrderAndOwnPortsInHostOrder() {
    play(
        """
        open c udp4
        bind c 127.0.0.2:4660 -> ok
        connect c 127.0.0.1:22136 -> ok
        put m0 c
        """);
    // 0x1234 and 0x5678.
    attach(
        NOTING
            + SOCKET
            + noteLoads("r8", "u32@44", "u16@48", "u32@48")
            + RELEASE
            + """
            r1 = *(u32 *)(r6 +60)
            *(u64 *)(r7 +24) = r1
            r1 = *(u16 *)(r6 +36)
            *(u64 *)(r7 +32) = r1
            """
            + PASSING);
    play("lookup udp 127.0.0.1:4660 127.0.0.1:22136 lo -> none\n");
    assertThat(notes()).startsWith(0x1234, 0x7856, 0x7856, 0x5678, 0x3412);
    assumeLive();
  }

  @Test
  void edge12AddressesOfTheOtherFamilyReadAsZero() {
    attachLoads(
        "u32@16", "u32@20", "u32@24", "u32@28", "u32@32", "u32@40", "u32@44", "u32@48", "u32@52",
        "u32@56");
    play("lookup udp 127.0.0.1:7101 127.0.0.2:7007 lo -> none\n");
    assertThat(notes()).startsWith(0x0100007f, 0, 0, 0, 0, 0x0200007f, 0, 0, 0, 0);
    play("lookup udp [fd00::1]:7101 [fd00::2]:7007 lo -> none\n");
    assertThat(notes()).startsWith(0, 0xfd, 0, 0, 0x01000000, 0, 0xfd, 0, 0, 0x02000000);
    assumeLive();
  }

  @Test
  void edge13ASocketBoundToAnIpv6AddressTakesNoIpv4() {
    play(
        """
        open a tcp6
        set a ipv6_v6only 0 -> ok
        get a ipv6_v6only -> 0
        bind a [fd00::1]:8008 -> ok
        get a ipv6_v6only -> 1
        listen a -> ok
        put m0 a
        prog 0 m0 pass
        attach L 0
        lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> none
        result 0 0 -> EAFNOSUPPORT
        lookup tcp [fd00::1]:7101 [fd00::1]:7007 lo -> a
        """);
    attachSocketLoads("u32@24", "u32@28", "u32@40");
    play("lookup tcp [fd00::1]:7101 [fd00::1]:7007 lo -> a\n");
    assertThat(notes()).startsWith(0x0600007f, 0xfd, 0x01000000);
    assumeLive();
  }

  @Test
  void edge14AMappedSocketMayTakeANativeIpv6Packet() {
    prove(
        """
        open a tcp6
        bind a [::ffff:127.0.0.1]:8008 -> ok
        listen a -> ok
        put m0 a
        lookup tcp [fd00::1]:7101 [fd00::1]:8008 lo -> none
        prog 0 m0 pass
        attach L 0
        shake [fd00::1]:0 [fd00::1]:7007 tell -> a [fd00::1]:7007
        """);
  }

  @Test
  void edge15ADualStackSocketServesIpv4() {
    prove(
        """
        open a tcp6
        bind a [::]:8008 -> ok
        listen a -> ok
        put m0 a
        prog 0 m0 pass
        attach L 0
        shake 127.0.0.1:0 127.0.0.1:7007 tell -> a [::ffff:127.0.0.1]:7007
        """);
  }

  @Test
  void edge16ASocketOfAnotherNamespaceGetsTheDatagramButNoConnection() {
    prove(
        """
        open a tcp4 elsewhere
        bind a 127.0.0.1:8008 -> ok
        listen a -> ok
        open u udp4 elsewhere
        bind u 127.0.0.1:8008 -> ok
        put m0 a
        put m1 u
        prog 0 m0 pass
        prog 1 m1 pass
        attach L 0
        attach M 1
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
        live: shake 127.0.0.1:0 127.0.0.1:7007 -> timeout
        result 0 0 -> ok
        """);
  }

  @Test
  void edge17ASocketOfAnotherInterfaceGetsTheDatagramButNoConnection() {
    prove(
        """
        open a tcp4
        device a left -> ok
        bind a 127.0.0.1:8008 -> ok
        listen a -> ok
        open u udp4
        device u left -> ok
        bind u 127.0.0.1:8008 -> ok
        put m0 a
        put m1 u
        prog 0 m0 pass
        prog 1 m1 pass
        attach L 0
        attach M 1
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> a
        live: shake 127.0.0.1:0 127.0.0.1:7007 -> timeout
        result 0 0 -> ok
        """);
  }

  /// A group of one whose program drops, where packets go to, and a socket to select.
  private static String droppingGroup(String kind) {
    return """
    open a %1$s
    set a so_reuseport 1
    bind a 127.0.0.1:7007 -> ok
    %2$s
    choose 8 return=0
    picker a 8 -> ok
    open b %1$s
    bind b 127.0.0.2:8008 -> ok
    %3$s
    put m0 b
    attach L 0
    """
        .formatted(
            kind,
            kind.startsWith("tcp") ? "listen a" : "",
            kind.startsWith("tcp") ? "listen b" : "");
  }

  @Test
  void edge18TheProgramOfAUdpGroupRunsBeforeTheHookAndIsOverridden() {
    play(
        droppingGroup("udp4")
            + """
            send 127.0.0.1:7101 127.0.0.1:7007 -> none
            runs 8 -> 1
            prog 0 m0 pass
            send 127.0.0.1:7101 127.0.0.1:7007 -> b
            runs 8 -> 2
            close a
            close b
            detach L
            """);
    prove(
        droppingGroup("tcp4")
            + "prog 0 m0 pass\n"
            + SHAKE
            + "b\nruns 8 -> 0\nprog 0 pass\n"
            + SHAKE
            + "none\nruns 8 -> 1\n");
  }

  @Test
  void edge19OnlyConnectedUdpSocketsComeBeforeTheHook() {
    prove(
        """
        open a udp4
        bind a 127.0.0.1:7007 -> ok
        open b udp4
        bind b 127.0.0.2:8008 -> ok
        put m0 b
        prog 0 m0 pass
        send 127.0.0.1:7101 127.0.0.1:7007 -> a
        attach L 0
        send 127.0.0.1:7101 127.0.0.1:7007 -> b
        connect a 127.0.0.1:7101 -> ok
        prog 0 m0 pass
        send 127.0.0.1:7101 127.0.0.1:7007 -> a
        runs 0 -> 0
        send 127.0.0.1:7102 127.0.0.1:7007 -> b
        """);
  }

  @Test
  void edge20AGroupThatRefusesASelectionEndsTheLookup() {
    prove(
        GROUP
            + """
            open c tcp4
            bind c 127.0.0.1:7007 -> ok
            listen c -> ok
            """
            + SHAKE
            + "c\nprog 0 m0 pass\nchoose 8 m1 return=0\n"
            + SHAKE
            + "none\nchoose 8 m1 return=2\n"
            + SHAKE
            + "none\nchoose 8 m1 return=1\n"
            + SHAKE
            + "b\n");
  }

  @Test
  void edge21AProgramThatPassesWithoutAPickLeavesItToTheHash() {
    prove(
        GROUP
            + """
            open c tcp4
            bind c 127.0.0.2:8010 -> ok
            listen c -> ok
            put m2 c
            prog 0 m0 pass
            choose 8 return=1
            shake 127.0.0.1:0 127.0.0.1:7007 -> a|b
            choose 8 m5 return=1
            shake 127.0.0.1:0 127.0.0.1:7007 -> a|b
            result 8 0 -> ENOENT
            choose 8 m2 return=1
            shake 127.0.0.1:0 127.0.0.1:7007 -> a|b
            result 8 0 -> EINVAL
            """);
  }

  @Test
  void edge22TheHashOfAWildcardGroupLeavesTheDestinationOut() {
    StringBuilder group = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      group.append(
          "open s%1$d udp4\nset s%1$d so_reuseport 1\nbind s%1$d 0.0.0.0:7007 -> ok\n"
              .formatted(i));
    }
    play(group + "put m0 s0\nprog 0 m0 pass\n");
    java.util.List<Packet> packets =
        java.util.stream.IntStream.range(1, 64)
            .mapToObj(i ->
                ((Step.Look)
                        StepReader.read(
                            "lookup udp 127.0.0.1:7101 127.0.1.%d:7007 lo".formatted(i)))
                    .packet())
            .toList();
    assertThat(sim().look(packets)).extracting(Answer::text).containsOnly(first(sim(), packets));
    live(live ->
        assertThat(live.look(packets)).extracting(Answer::text).containsOnly(first(live, packets)));
    play("attach L 0\n");
    assertThat(sim().look(packets)).extracting(Answer::text).contains("s0", "s1", "s2", "s3");
    live(live ->
        assertThat(live.look(packets)).extracting(Answer::text).contains("s0", "s1", "s2", "s3"));
    assumeLive();
  }

  private static String first(Side side, java.util.List<Packet> packets) {
    return side.look(packets).getFirst().text();
  }

  @Test
  void edge23AFlagSetAfterBindMakesNoGroup() {
    prove(
        """
        open a tcp4
        bind a 127.0.0.2:8008 -> ok
        listen a -> ok
        set a so_reuseport 1 -> ok
        choose 8 return=0
        picker a 8 -> EINVAL
        put m0 a
        prog 0 m0 pass
        attach L 0
        shake 127.0.0.1:0 127.0.0.1:7007 -> a
        open u udp4
        bind u 127.0.0.2:8008 -> ok
        set u so_reuseport 1 -> ok
        picker u 8 -> EINVAL
        put m1 u
        prog 0 m1 pass
        send 127.0.0.1:7101 127.0.0.1:7007 -> u
        """);
  }

  @Test
  void edge24AFlagClearedAfterListenLeavesTheGroupAside() {
    prove(
        GROUP
            + "prog 0 m0 pass\nset a so_reuseport 0\n"
            + SHAKE
            + "a\nruns 8 -> 0\nset a so_reuseport 1\n"
            + SHAKE
            + "b\nruns 8 -> 1\n");
  }

  @Test
  void edge25ConnectTakesAUdpSocketOutOfItsGroupForGood() {
    prove(
        """
        open a udp4
        set a so_reuseport 1
        bind a 127.0.0.1:7007 -> ok
        open b udp4
        set b so_reuseport 1
        bind b 127.0.0.1:7007 -> ok
        put r0 a -> ok
        choose 8 return=1
        picker a 8 -> ok
        connect a 127.0.0.1:7102 -> ok
        at r0 -> ENOENT
        picker a 8 -> EINVAL
        disconnect a -> ok
        at r0 -> ENOENT
        picker a 8 -> EINVAL
        put r0 a -> EINVAL
        picker b 8 -> ok
        close a
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> b
        # The group remembers: a better socket behind it wins.
        open c udp4
        set c so_reuseport 1
        device c lo -> ok
        bind c 127.0.0.1:7007 -> ok
        open d udp4
        set d so_reuseport 1
        bind d 127.0.0.1:7007 -> ok
        lookup udp 127.0.0.1:7101 127.0.0.1:7007 lo -> c
        """);
  }

  @Test
  void edge26OfGroupsThatOverlapOverIpv4TheNewestWinsAndOverIpv6TheOldest() {
    String pair =
        """
        open a%1$s tcp%1$s
        set a%1$s so_reuseport 1
        %3$s
        bind a%1$s %2$s:7007 -> ok
        listen a%1$s -> ok
        open b%1$s tcp%1$s
        set b%1$s so_reuseport 1
        %4$s
        bind b%1$s %2$s:7007 -> ok
        listen b%1$s -> ok
        """;
    prove(
        pair.formatted("4", "127.0.0.1", "device a4 lo", "")
            + "lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> b4\nclose a4\nclose b4\n"
            + pair.formatted("4", "127.0.0.1", "", "device b4 lo")
            + "lookup tcp 127.0.0.1:7101 127.0.0.1:7007 lo -> b4\n"
            + pair.formatted("6", "[fd00::1]", "device a6 lo", "")
            + "lookup tcp [fd00::1]:7101 [fd00::1]:7007 lo -> a6\nclose a6\nclose b6\n"
            + pair.formatted("6", "[fd00::1]", "", "device b6 lo")
            + "lookup tcp [fd00::1]:7101 [fd00::1]:7007 lo -> a6\n");
  }

  @Test
  void edge27AGroupThatRefusesDoesNotLeaveThePacketToTheWildcard() {
    for (String kind : new String[] {"tcp4", "udp4"}) {
      String traffic =
          kind.equals("tcp4")
              ? "shake 127.0.0.1:0 127.0.0.1:7007"
              : "send 127.0.0.1:7101 127.0.0.1:7007";
      play(
          """
          open w%1$s %1$s
          set w%1$s so_reuseport 1
          bind w%1$s 0.0.0.0:7007 -> ok
          %2$s
          %3$s -> w%1$s
          open a%1$s %1$s
          set a%1$s so_reuseport 1
          bind a%1$s 127.0.0.1:7007 -> ok
          %4$s
          choose 8 return=0
          picker a%1$s 8 -> ok
          %3$s -> none
          """
              .formatted(
                  kind,
                  kind.equals("tcp4") ? "listen wtcp4 -> ok" : "",
                  traffic,
                  kind.equals("tcp4") ? "listen atcp4 -> ok" : ""));
    }
    assumeLive();
  }

  @Test
  void edge41AReuseportArrayIsForGroupsAlone() {
    refused(
        Errno.EINVAL,
        ProgType.SK_LOOKUP,
        """
        *(u32 *)(r10 -4) = 0
        r2 = r10
        r2 += -4
        r1 = map[idx:3]
        call bpf_map_lookup_elem#1
        r0 = 1
        exit
        """);
    prove(
        """
        open a tcp4
        set a so_reuseport 1
        bind a 127.0.0.1:7007 -> ok
        put r0 a -> EINVAL
        listen a -> ok
        put r0 a -> ok
        put r0 a -> EBUSY
        put r1 a -> EBUSY
        put m0 a -> EBUSY
        put h0 a -> EBUSY
        delete r0 -> ok
        delete r0 -> ENOENT
        put m0 a -> ok
        put r0 a -> EBUSY
        delete m0 -> ok
        put r0 a -> ok
        open b tcp4
        set b so_reuseport 1
        bind b 127.0.0.1:7007 -> ok
        listen b -> ok
        put r0 b flags=1 -> EEXIST
        put r1 b flags=2 -> ENOENT
        put r9 b -> E2BIG
        put r0 b -> ok
        put m0 a -> ok
        shutdown b -> ok
        at r0 -> ENOENT
        """);
  }

  @Test
  void edge49TheContextsSocketIsNotOwnedAndMapsTakeIt() {
    refused(
        Errno.EINVAL,
        ProgType.SK_LOOKUP,
        """
        r1 = *(u64 *)(r1 +0)
        if r1 == 0 goto out
        call bpf_sk_release#86
        out:
        r0 = 1
        exit
        """);
    refused(
        Errno.EINVAL,
        ProgType.SK_LOOKUP,
        """
        *(u32 *)(r10 -4) = 0
        r2 = r10
        r2 += -4
        r1 = map[idx:1]
        call bpf_map_lookup_elem#1
        r0 = 1
        exit
        """);
    play(SOCKETS + "prog 0 m0 pass\nattach L 0\n");
    attach(
        NOTING
            + """
            r3 = *(u64 *)(r6 +0)
            if r3 == 0 goto out
            *(u32 *)(r10 -4) = 6
            r2 = r10
            r2 += -4
            r1 = map[idx:1]
            r4 = 0
            call bpf_map_update_elem#2
            *(u64 *)(r7 +0) = r0
            r3 = *(u64 *)(r6 +0)
            if r3 == 0 goto out
            r2 = r10
            r2 += -4
            r1 = map[idx:2]
            r4 = 0
            call bpf_map_update_elem#2
            *(u64 *)(r7 +8) = r0
            """
            + PASSING);
    play(TCP + "a\n");
    assertThat(notes()).startsWith(0, 0);
    prove("at m6 -> a\nat h6 -> a\n");
  }
}
