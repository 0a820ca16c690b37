package io.bpf4j.sim.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import io.bpf4j.sim.scenario.FloodSpec;
import io.bpf4j.sim.scenario.Place;
import io.bpf4j.sim.scenario.PortRange;
import io.bpf4j.sim.trace.Packet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FloodGeneratorTest {
  private static final Prefix FROM4 = Prefix.parse("203.0.113.0/25");
  private static final Prefix FROM6 = Prefix.parse("2001:db8:c::/100");
  private static final Prefix TO4 = Prefix.parse("198.51.100.0/24");
  private static final Prefix TO6 = Prefix.parse("2001:db8:100::/64");

  private static FloodSpec spec(Protocol protocol, long packets, int flows) {
    return new FloodSpec(
        Place.START,
        "f",
        "n",
        null,
        protocol,
        List.of(FROM4, FROM6),
        List.of(TO4, TO6),
        List.of(new PortRange(80, 80), new PortRange(8000, 8003)),
        packets,
        flows);
  }

  /// A packet of a batch.
  private record Made(IpAddr src, int sport, IpAddr dst, int dport, int flags) {}

  private static List<Made> make(FloodSpec spec, long seed) {
    FloodGenerator generator = new FloodGenerator(spec, seed, 3, 7, 0);
    PacketBatch b = new PacketBatch();
    List<Made> all = new ArrayList<>();
    while (generator.fill(b)) {
      for (int i = 0; i < b.size; i++) {
        assertThat(b.netns[i]).isEqualTo(3);
        assertThat(b.iif[i]).isEqualTo(7);
        all.add(
            new Made(
                address(b.family[i], b.srcHi[i], b.srcLo[i]),
                b.sport[i],
                address(b.family[i], b.dstHi[i], b.dstLo[i]),
                b.dport[i],
                b.tcpFlags[i]));
        assertThat(b.frame[i]).isEqualTo(all.size());
      }
      b.size = 0;
    }
    return all;
  }

  private static IpAddr address(int family, long hi, long lo) {
    return family == 2 ? IpAddr.v4((int) lo) : IpAddr.v6(hi, lo);
  }

  @Test
  void packetsAreInTheirRangesAndCoverThem() {
    List<Made> all = make(spec(Protocol.UDP, 20_000, 0), 1);
    assertThat(all).hasSize(20_000);
    Set<Integer> ports = new HashSet<>();
    for (Made packet : all) {
      boolean v4 = TO4.contains(packet.dst());
      assertThat(v4 || TO6.contains(packet.dst())).isTrue();
      assertThat((v4 ? FROM4 : FROM6).contains(packet.src())).isTrue();
      assertThat(packet.sport()).isBetween(1024, 65535);
      ports.add(packet.dport());
    }
    assertThat(ports).containsExactlyInAnyOrder(80, 8000, 8001, 8002, 8003);
    assertThat(all.stream().filter(p -> TO4.contains(p.dst())).count()).isBetween(9_000L, 11_000L);
    assertThat(all.stream().map(Made::dst).filter(TO4::contains).distinct()).hasSize(256);
  }

  @Test
  void theSeedDecides() {
    FloodSpec spec = spec(Protocol.TCP, 1_000, 0);
    assertThat(make(spec, 1)).isEqualTo(make(spec, 1)).isNotEqualTo(make(spec, 2));
  }

  @Test
  void flowsBeginWithSynAndGoOn() {
    Map<String, Integer> segments = new HashMap<>();
    for (Made packet : make(spec(Protocol.TCP, 5_000, 100), 1)) {
      String flow = packet.src() + " " + packet.sport() + " " + packet.dst() + " " + packet.dport();
      int before = segments.merge(flow, 1, Integer::sum) - 1;
      assertThat(packet.flags()).isEqualTo(before == 0 ? Packet.SYN : Packet.ACK);
    }
    assertThat(segments).hasSize(100);
  }

  @Test
  void withoutFlowsEachPacketBeginsOne() {
    assertThat(make(spec(Protocol.TCP, 5_000, 0), 1))
        .allMatch(p -> p.flags() == Packet.SYN)
        .doesNotHaveDuplicates();
  }
}
