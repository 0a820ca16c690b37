package io.bpf4j.sim.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InputException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CsvSourceTest {
  private static PacketSource open(String text) {
    return Captures.open("t.csv", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<String> read(String text) {
    List<String> packets = new ArrayList<>();
    try (PacketSource source = open(text)) {
      for (Packet p = source.next(); p != null; p = source.next()) {
        packets.add(
            "%d %d %d %x:%x %d %x:%x %d %d %d"
                .formatted(
                    p.frame(),
                    p.protocol(),
                    p.family(),
                    p.srcHi(),
                    p.srcLo(),
                    p.sport(),
                    p.dstHi(),
                    p.dstLo(),
                    p.dport(),
                    p.ifindex(),
                    p.tcpFlags()));
      }
    }
    return packets;
  }

  @Test
  void whatTraceTuplesWritesIsRead() {
    assertThat(
            read(
                """
                frame,proto,src,sport,dst,dport
                7,tcp,192.0.2.1,40000,198.51.100.7,443
                9,udp,2001:db8::1,53,2001:db8::2,5353
                """))
        .containsExactly(
            "7 6 2 0:c0000201 40000 0:c6336407 443 0 -1",
            "9 17 10 20010db800000000:1 53 20010db800000000:2 5353 0 0");
  }

  @Test
  void whatSimulateCsvWritesIsReadWithoutItsResults() {
    assertThat(
            read(
                """
                frame,proto,src,sport,dst,dport,iif,result,socket,link,program\r
                1,tcp,192.0.2.1,1,192.0.2.2,2,5,steered,web,l,p\r
                """))
        .containsExactly("1 6 2 0:c0000201 1 0:c0000202 2 5 -1");
  }

  @Test
  void columnsMayStandInAnyOrderAndTheLastLineNeedsNoEnd() {
    assertThat(read("dport,sport,dst,src,flags,proto\n2,1,192.0.2.2,192.0.2.1,2,tcp"))
        .containsExactly("1 6 2 0:c0000201 1 0:c0000202 2 0 2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sctp,192.0.2.1,1,192.0.2.2,2|'sctp' is neither tcp nor udp",
        "tcp,192.0.2.1,1,192.0.2.2|4 cells, the first line has 5",
        "tcp,192.0.2.1,1,2001:db8::1,2|are of two address families",
        "tcp,192.0.2.1,65536,192.0.2.2,2|sport: '65536' is no number from 0 to 65535",
        "tcp,192.0.2.1,,192.0.2.2,2|sport: '' is no number from 0 to 65535",
        "tcp,host,1,192.0.2.2,2|src: ",
      })
  void aLineThatCannotBeReadIsNamed(String line, String rule) {
    assertThatThrownBy(
            () -> read("proto,src,sport,dst,dport\ntcp,192.0.2.1,1,192.0.2.2,2\n" + line + "\n"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("t.csv: line 3: ")
        .hasMessageContaining(rule);
  }

  @Test
  void aFirstLineWithoutTheColumnsIsRefused() {
    assertThatThrownBy(() -> read("frame,proto,src,sport,dst\n"))
        .hasMessage("t.csv: line 1: the first line names no column 'dport'");
    assertThatThrownBy(() -> read("hello, world\n")).hasMessageContaining("no trace");
  }
}
