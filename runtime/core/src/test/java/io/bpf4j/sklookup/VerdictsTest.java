package io.bpf4j.sklookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.lookup.LookupResult;
import io.bpf4j.lookup.LookupResult.DroppedBy;
import io.bpf4j.lookup.LookupResult.Listener;
import io.bpf4j.lookup.LookupResult.NoSocket;
import io.bpf4j.lookup.LookupResult.Steered;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.netns.TestNet;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Spec section 2: what several programs come to, row by row, on TCP and UDP.
///
/// A program is written as assignments and a verdict: `A/pass`, `A,Br/drop` (r: REPLACE, n:
/// NO_REUSEPORT; N: no socket), `pass`. A and B are plain sockets; R is a member of a group of two,
/// whose pick for the packet is the other.
final class VerdictsTest {
  private static final String DST = "10.0.0.1:7007";

  private final TestNet net = new TestNet();
  private final Sock a;
  private final Sock b;
  private final Sock r;
  private final Sock other;
  private final Sock regular;
  private final SocketMap map;
  private final List<Link> links = new ArrayList<>();

  VerdictsTest() {
    a = net.tcp("127.0.0.1:8001");
    b = net.tcp("127.0.0.1:8002");
    regular = net.tcp("10.0.0.1:7007");
    Sock first = net.tcp("127.0.0.1:8003", "port");
    Sock second = net.tcp("127.0.0.1:8003", "port");
    // Which of the two the hash picks does not depend on which is selected.
    SocketMap probe = net.sockmap(first);
    Link link = net.attach(net.assigning(probe, 1, 0, 0));
    boolean firstPicked = net.tcpTo(DST) instanceof Steered(Sock s, _) && s == first;
    link.detach();
    other = firstPicked ? first : second;
    r = firstPicked ? second : first;
    map = net.sockmap(a, b, r);
  }

  private void attach(String program) {
    String[] parts = program.strip().split("/", -1);
    String verdict = parts[parts.length - 1];
    String[] assigned = parts.length == 2 ? parts[0].split("\\+", -1) : new String[0];
    int[] pairs = new int[2 * assigned.length];
    for (int i = 0; i < assigned.length; i++) {
      // An empty place of the map is NULL.
      pairs[2 * i] =
          switch (assigned[i].charAt(0)) {
            case 'A' -> 0;
            case 'B' -> 1;
            case 'R' -> 2;
            default -> 7;
          };
      pairs[2 * i + 1] = (assigned[i].contains("r") ? 1 : 0) | (assigned[i].contains("n") ? 2 : 0);
    }
    links.add(net.attach(net.assigning(map, verdict.equals("pass") ? 1 : 0, pairs)));
  }

  private LookupResult expected(String result) {
    int link = Character.digit(result.charAt(result.length() - 1), 10);
    return switch (result.charAt(0)) {
      case 'A' -> new Steered(a, links.get(link));
      case 'B' -> new Steered(b, links.get(link));
      case 'R' -> new Steered(r, links.get(link));
      case 'g' -> new Steered(other, links.get(link));
      case 'd' -> new DroppedBy(links.get(link));
      default -> new Listener(regular);
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // programs | result and the link that gets the credit
        "pass                         | regular",
        "drop                         | drop 0",
        "pass, drop                   | drop 1",
        "drop, pass                   | drop 0",
        "drop, drop                   | drop 0",
        "A/pass                       | A 0",
        "A/pass, drop                 | A 0",
        "drop, A/pass                 | A 1",
        "A/pass, pass                 | A 0",
        "pass, A/pass                 | A 1",
        "A/drop                       | drop 0",
        "A/drop, pass                 | drop 0",
        "A/drop, drop                 | drop 0",
        "A/drop, B/pass               | B 1",
        "A/pass, B/pass               | A 0",
        "A/pass, Br/pass              | B 1",
        "A/pass, Br/drop              | A 0",
        "A/pass, Br/drop, pass        | A 0",
        "A/pass, Nr/pass              | A 0",
        "A/pass, Nr/drop              | A 0",
        "A/pass, Nr/pass, B/pass      | A 0",
        "A/pass, Nr+B/pass            | B 1",
        "A/pass, Ar/pass              | A 1",
        "A+B/pass                     | A 0",
        "A+A/pass                     | A 0",
        "A+N/pass                     | A 0",
        "A+Nr/pass                    | regular",
        "A+Br/pass                    | B 0",
        "N/pass                       | regular",
        "N/drop                       | drop 0",
        "R/pass                       | group 0",
        "Rn/pass                      | R 0",
        "Rn/pass, pass                | R 0",
        "Rn/pass, drop                | R 0",
        "Rn/pass, Rr/pass             | group 1",
        "R/pass, Rrn/pass             | R 1",
        "R/pass, Rrn/drop             | group 0",
        "Rn/pass, R/pass              | R 0",
        "R/pass, Rn/pass              | group 0",
        "Nn/pass, R/pass              | group 1",
        "Rn+Rr/pass                   | group 0",
        "R+Rrn/pass                   | R 0",
        "Rn+Nr+R/pass                 | group 0",
      })
  void programsCombine(String programs, String result) {
    for (String program : programs.split(",", -1)) {
      attach(program);
    }
    assertThat(net.tcpTo(DST)).isEqualTo(expected(result));
    assertThat(
            net.ns
                .explain(TestNet.tuple(io.bpf4j.net.Protocol.TCP, TestNet.CLIENT4, DST, 2))
                .result())
        .isEqualTo(expected(result));
  }

  @Test
  void aDropLeavesNoWayToTheRegularSocket() {
    attach("drop");
    assertThat(net.tcpTo("10.0.0.1:9999")).isEqualTo(new DroppedBy(links.getFirst()));
    links.getFirst().detach();
    assertThat(net.tcpTo("10.0.0.1:9999")).isEqualTo(new NoSocket());
  }

  @Test
  void allProgramsAlwaysRun() {
    RuntimeMap count = net.map(MapTypes.ARRAY, 4, 8, 1);
    for (int i = 0; i < LinkTable.MAX_LINKS; i++) {
      net.attach(
          net.program(
              "count",
              """
              *(u32 *)(r10 -4) = 0
              r2 = r10
              r2 += -4
              r1 = map[idx:0]
              call bpf_map_lookup_elem#1
              if r0 == 0 goto out
              r1 = *(u64 *)(r0 +0)
              r1 += 1
              *(u64 *)(r0 +0) = r1
              out:
              r0 = %d
              exit
              """
                  .formatted(i % 2),
              count));
    }
    net.tcpTo(DST);
    assertThat(count.lookupElem(OffHeap.u32(0))).isEqualTo(OffHeap.u64(64));
  }

  @Test
  void laterProgramsSeeTheSelectionOfThoseThatPassed() {
    attach("A/pass");
    attach("Br/drop");
    RuntimeMap seen = net.map(MapTypes.ARRAY, 4, 8, 1);
    net.attach(
        net.program(
            "see",
            """
            r6 = *(u64 *)(r1 +0)
            *(u32 *)(r10 -4) = 0
            r2 = r10
            r2 += -4
            r1 = map[idx:0]
            call bpf_map_lookup_elem#1
            *(u64 *)(r0 +0) = r6
            r0 = 1
            exit
            """,
            seen));
    net.tcpTo(DST);
    assertThat(seen.lookupElem(OffHeap.u32(0))).isEqualTo(OffHeap.u64(a.pointer()));
  }

  @Test
  void aReturnThatIsNeitherCountsAsAPassWithoutASelection() {
    links.add(net.attach(net.assigning(map, 2, 0, 0)));
    assertThat(net.tcpTo(DST)).isEqualTo(new Listener(regular));
  }
}
