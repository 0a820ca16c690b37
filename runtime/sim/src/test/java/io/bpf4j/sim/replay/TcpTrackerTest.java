package io.bpf4j.sim.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.sim.trace.Packet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Conversations of one flow, segment by segment. `>` goes to the host and is followed by its
/// flags, `<` is sent by the host; `+90` lets so many seconds pass. The answer has a letter for
/// each segment to the host: `L` looked up, `e` established, `o` established with a socket of the
/// host's own. Every lookup finds listening socket 3, except where the flags are in lower case.
final class TcpTrackerTest {
  private static final long SECOND = 1_000_000_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          handshake and data       | >S <SA >A >PA <PA >A                         | Leee
          SYN again (half open)    | >S >S >S <SA >A                              | Leee
          SYN nobody wants, again  | >s >s >s                                     | LLL
          client closes first      | >S <SA >A >FA <FA >A                         | Leee
          host closes first        | >S <SA >A <FA >A >FA <A                      | Leee
          last segments still find it | >S <SA >A >FA <FA >A >A >FA               | Leeeee
          SYN after the end        | >S <SA >A >FA <FA >A >S <SA >A               | LeeeLe
          SYN within a connection  | >S <SA >A >S >A                              | Leee
          only one side closed     | >S <SA >A >FA >S >A                          | Leeee
          RST ends it              | >S <SA >A >R >A                              | LeeL
          RST of the host ends it  | >S <SA >A <RA >A                             | LeL
          refused by the host      | >S <RA >S <RA                                | LL
          RST alone                | >R >R                                        | LL
          stray ACK                | >A >A >PA                                    | LLL
          stray FIN                | >FA >FA                                      | LL
          stray SYN-ACK            | >SA >SA                                      | LL
          host connects out        | <S >SA <A >PA >FA <FA >A                     | oooo
          host connects out, twice | <S <S >SA                                    | o
          host is refused          | <S >RA >A                                    | oL
          answers without question | <SA <PA >A                                   | L
          idle                     | >S <SA >A +61 >A >S >A                       | LeLLe
          kept alive               | >S +40 >A +40 >A +40 <A +40 >A               | Leee
          flags unknown            | >? >? <? >?                                  | Lee
          flags unknown, no socket | >?n >?n                                      | LL
          SYN and RST at once      | >SR >A                                       | LL
          """)
  void withoutAssumptions(String name, String segments, String answers) {
    assertThat(replay(segments, false)).as(name).isEqualTo(answers);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mid-stream ACK opens     | >A >PA <PA >A                                | Lee
          mid-stream, no socket    | >a >a                                        | LL
          mid-stream FIN, SYN after the end | >FA <FA >A >S                       | LeL
          RST opens nothing        | >R >R                                        | LL
          SYN-ACK opens            | >SA >A                                       | Le
          handshake as ever        | >S <SA >A                                    | Le
          """)
  void assumingEstablished(String name, String segments, String answers) {
    assertThat(replay(segments, true)).as(name).isEqualTo(answers);
  }

  private static String replay(String segments, boolean assumeEstablished) {
    TcpTracker tracker = new TcpTracker(new ConnectionTable(1_000, 60 * SECOND), assumeEstablished);
    PacketBatch batch = new PacketBatch();
    List<String> answers = new ArrayList<>();
    long now = SECOND;
    for (String segment : segments.strip().split(" +", -1)) {
      if (segment.startsWith("+")) {
        now += Long.parseLong(segment.substring(1)) * SECOND;
        continue;
      }
      batch.size = 0;
      segment(batch, segment, now);
      if (segment.startsWith("<")) {
        tracker.outbound(batch, 0);
        continue;
      }
      int socket = tracker.inbound(batch, 0);
      boolean listener = segment.substring(1).matches("[A-Z?]+");
      if (socket == TcpTracker.LOOK_UP && listener) {
        tracker.found(batch, 0, 3);
      }
      assertThat(socket).isIn(TcpTracker.LOOK_UP, TcpTracker.OWN_SOCKET, 3);
      answers.add(socket == TcpTracker.LOOK_UP ? "L" : socket == TcpTracker.OWN_SOCKET ? "o" : "e");
    }
    return String.join("", answers);
  }

  private static void segment(PacketBatch b, String text, long now) {
    int i = b.size++;
    boolean out = text.startsWith("<");
    b.timeNanos[i] = now;
    b.protocol[i] = Packet.TCP;
    b.family[i] = Packet.INET;
    b.srcLo[i] = out ? 1 : 2;
    b.dstLo[i] = out ? 2 : 1;
    b.sport[i] = out ? 80 : 40_000;
    b.dport[i] = out ? 40_000 : 80;
    b.tcpFlags[i] = text.contains("?") ? Packet.NO_FLAGS : 0;
    for (char flag : text.toUpperCase(java.util.Locale.ROOT).substring(1).toCharArray()) {
      b.tcpFlags[i] |=
          switch (flag) {
            case 'S' -> Packet.SYN;
            case 'A' -> Packet.ACK;
            case 'F' -> Packet.FIN;
            case 'R' -> Packet.RST;
            case 'P' -> Packet.PSH;
            default -> 0;
          };
    }
    b.rehash(i);
  }
}
