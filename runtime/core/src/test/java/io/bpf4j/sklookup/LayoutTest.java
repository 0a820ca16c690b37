package io.bpf4j.sklookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.helper.Helpers;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.net.Family;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.TestNet;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.SockOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Spec section 3: what programs read of the context and of sockets, in every width.
final class LayoutTest {
  private static final int[] WIDTHS = {1, 2, 4, 8};

  private final TestNet net = new TestNet();
  private final WorldCpu cpu = net.world.cpu(0);

  private void packet(Protocol protocol, String src, String dst, int iif) {
    Probe probe = new Probe();
    Tuple tuple = TestNet.tuple(protocol, src, dst, iif);
    probe.set(tuple);
    SkLookupCtx.write(cpu.ctx(), probe);
  }

  private static String type(int width) {
    return "u" + 8 * width;
  }

  private long load(int offset, int width) {
    return read("", offset, type(width));
  }

  private long signed(int offset, int width) {
    return read("", offset, "s" + 8 * width);
  }

  private long read(String before, int offset, String type) {
    RunnableProgram program =
        net.program("load", before + "r0 = *(%s *)(r1 %+d)\nexit".formatted(type, offset));
    return program.run(cpu, cpu.ctx(), 0);
  }

  @Test
  void exactlyTheLegalLoadsAreInTheRows() {
    check(SkLookupCtx.LAYOUT, CtxLoads.ofContext());
    check(BpfSockLayout.LAYOUT, CtxLoads.ofSock());
  }

  private static void check(CtxLayout layout, Map<Integer, Set<Integer>> legal) {
    for (int offset = -8; offset < layout.size() + 16; offset++) {
      for (int width : WIDTHS) {
        assertThat(layout.rule(offset, width) != null)
            .as("%s offset %d width %d", layout.struct(), offset, width)
            .isEqualTo(legal.getOrDefault(offset, Set.of()).contains(width));
      }
    }
  }

  @Test
  void otherLoadsOfTheContextAreFaults() {
    packet(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    Map<Integer, Set<Integer>> legal = CtxLoads.ofContext();
    for (int offset = 0; offset < SkLookupCtx.SIZE + 16; offset++) {
      for (int width : WIDTHS) {
        if (!legal.getOrDefault(offset, Set.of()).contains(width)) {
          int at = offset;
          assertThatThrownBy(() -> load(at, width))
              .as("offset %d width %d", offset, width)
              .isInstanceOf(MemoryFault.class);
        } else {
          load(offset, width);
        }
      }
    }
  }

  @Test
  void programsCannotWriteTheContextNorWhatTheRunnerKeepsBehindIt() {
    packet(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    for (int offset : new int[] {0, 8, 60, SkLookupCtx.NO_REUSEPORT, SkLookupCtx.ASSIGNED}) {
      RunnableProgram program =
          net.program("store", "*(u32 *)(r1 +%d) = 1\nr0 = 1\nexit".formatted(offset));
      assertThatThrownBy(() -> program.run(cpu, cpu.ctx(), 0)).isInstanceOf(MemoryFault.class);
    }
  }

  @Test
  void anIpv4PacketFillsTheFieldsOfItsFamily() {
    packet(Protocol.UDP, "192.0.2.17:4660", "198.51.100.34:43981", 7);
    assertThat(load(0, 8)).isZero();
    assertThat(load(8, 4)).isEqualTo(2);
    assertThat(load(12, 4)).isEqualTo(17);
    assertThat(load(16, 4)).isEqualTo(0x110200c0L);
    assertThat(load(18, 2)).isEqualTo(0x1102);
    assertThat(load(19, 1)).isEqualTo(0x11);
    for (int word = 20; word < 36; word += 4) {
      assertThat(load(word, 4)).isZero();
      assertThat(load(word + 24, 4)).isZero();
    }
    assertThat(load(40, 4)).isEqualTo(0x226433c6L);
    assertThat(load(60, 4)).isEqualTo(43981);
    assertThat(load(64, 4)).isEqualTo(7);
    assertThat(load(64, 1)).isEqualTo(7);
    assertThat(load(66, 2)).isZero();
  }

  @Test
  void anIpv6PacketFillsTheFieldsOfItsFamily() {
    packet(Protocol.TCP, "[2001:db8:1:2:3:4:5:6]:1", "[fd00::1234]:2", 1);
    assertThat(load(8, 4)).isEqualTo(10);
    assertThat(load(12, 2)).isEqualTo(6);
    assertThat(load(16, 4)).isZero();
    assertThat(load(40, 4)).isZero();
    assertThat(load(20, 4)).isEqualTo(0xb80d0120L);
    assertThat(load(24, 4)).isEqualTo(0x02000100L);
    assertThat(load(28, 4)).isEqualTo(0x04000300L);
    assertThat(load(32, 4)).isEqualTo(0x06000500L);
    assertThat(load(44, 1)).isEqualTo(0xfd);
    assertThat(load(56, 4)).isEqualTo(0x34120000L);
    assertThat(load(58, 2)).isEqualTo(0x3412);
  }

  @Test
  void theRemotePortIsInNetworkOrderAndItsFourByteLoadIsThePortAlone() {
    packet(Protocol.TCP, "192.0.2.1:4660", "10.0.0.1:80", 2);
    assertThat(load(36, 4)).isEqualTo(0x3412);
    assertThat(load(36, 2)).isEqualTo(0x3412);
    assertThat(load(36, 1)).isEqualTo(0x12);
    assertThat(load(37, 1)).isEqualTo(0x34);
    Memory.putShort(cpu.ctx() + 38, (short) -1);
    assertThat(load(36, 4)).isEqualTo(0x3412);
  }

  @Test
  void theHoleReadsAsZero() {
    packet(Protocol.TCP, "192.0.2.1:65535", "10.0.0.1:80", 2);
    assertThat(load(38, 2) | load(38, 1) | load(39, 1)).isZero();
  }

  @Test
  void theUpperHalfOfSixteenBitFieldsRepeatsTheLower() {
    packet(Protocol.TCP, "192.0.2.1:1", "10.0.0.1:43981", 2);
    assertThat(load(10, 2)).isEqualTo(2);
    assertThat(load(14, 2)).isEqualTo(6);
    assertThat(load(62, 2)).isEqualTo(43981);
    assertThat(load(10, 1) | load(11, 1) | load(14, 1) | load(62, 1) | load(63, 1)).isZero();
  }

  @Test
  void signedLoadsExtendTheWidthThatWasAsked() {
    packet(Protocol.TCP, "192.0.2.1:1", "10.0.0.1:43981", 2);
    assertThat(signed(60, 1)).isEqualTo(-51);
    assertThat(signed(60, 2)).isEqualTo(-21555);
    assertThat(signed(62, 2)).isEqualTo(-21555);
    assertThat(signed(60, 4)).isEqualTo(43981);
  }

  @Test
  void skIsTheSelection() {
    Sock sock = net.tcp("0.0.0.0:80");
    packet(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    SkLookupCtx.select(cpu.ctx(), sock.pointer(), false);
    assertThat(load(0, 8)).isEqualTo(sock.pointer());
  }

  private long sock(Sock sock, int offset, String type) {
    packet(Protocol.TCP, TestNet.CLIENT4, "10.0.0.1:80", 2);
    SkLookupCtx.select(cpu.ctx(), sock.pointer(), false);
    return read("r1 = *(u64 *)(r1 +0)\n", offset, type);
  }

  @Test
  void otherLoadsOfASocketAreFaults() {
    Sock sock = net.tcp("0.0.0.0:80");
    Map<Integer, Set<Integer>> legal = CtxLoads.ofSock();
    for (int offset = 0; offset < 96; offset++) {
      for (int width : WIDTHS) {
        int at = offset;
        if (legal.getOrDefault(offset, Set.of()).contains(width)) {
          sock(sock, offset, type(width));
        } else {
          assertThatThrownBy(() -> sock(sock, at, type(width)))
              .as("offset %d width %d", offset, width)
              .isInstanceOf(MemoryFault.class);
        }
      }
    }
  }

  @Test
  void aListenerShowsItsFields() {
    Sock sock = net.tcp("198.51.100.34:4660", "dev3");
    sock.setsockopt(SockOption.SO_MARK, 77);
    sock.setsockopt(SockOption.SO_PRIORITY, 5);
    assertThat(sock(sock, 0, "u32")).isEqualTo(3);
    assertThat(sock(sock, 4, "u32")).isEqualTo(2);
    assertThat(sock(sock, 8, "u32")).isEqualTo(1);
    assertThat(sock(sock, 12, "u16")).isEqualTo(6);
    assertThat(sock(sock, 16, "u32")).isEqualTo(77);
    assertThat(sock(sock, 20, "u32")).isEqualTo(5);
    assertThat(sock(sock, 24, "u32")).isEqualTo(0x226433c6L);
    assertThat(sock(sock, 27, "u8")).isEqualTo(34);
    assertThat(sock(sock, 28, "u32") | sock(sock, 40, "u32")).isZero();
    assertThat(sock(sock, 44, "u32")).isEqualTo(4660);
    assertThat(sock(sock, 48, "u32")).isZero();
    assertThat(sock(sock, 72, "u32")).isEqualTo(10);
    sock.shutdown();
    assertThat(sock(sock, 72, "u32")).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "[::]:80, 0, 0, 0",
    "[fd00::1234]:80, 0x0600007f, 0xfd, 0x34120000",
    "[::ffff:10.0.0.1]:80, 0x0100000a, 0, 0x0100000a",
  })
  void anInet6SocketShowsBothViews(String endpoint, long src4, long firstByte, long lastWord) {
    Sock sock = net.udp(endpoint);
    assertThat(sock(sock, 4, "u8")).isEqualTo(10);
    assertThat(sock(sock, 8, "u8")).isEqualTo(2);
    assertThat(sock(sock, 24, "u32")).isEqualTo(src4);
    assertThat(sock(sock, 28, "u8")).isEqualTo(firstByte);
    assertThat(sock(sock, 40, "u32")).isEqualTo(lastWord);
    assertThat(sock(sock, 72, "u8")).isEqualTo(7);
  }

  @Test
  void aConnectedSocketShowsItsPeer() {
    Sock sock = net.open(Protocol.UDP, Family.INET6);
    TestNet.connect(sock, "[::ffff:203.0.113.5]:4660");
    assertThat(sock(sock, 48, "u32")).isEqualTo(0x3412);
    assertThat(sock(sock, 48, "u8")).isEqualTo(0x12);
    assertThat(sock(sock, 49, "u8")).isEqualTo(0x34);
    assertThat(sock(sock, 52, "u32")).isEqualTo(0x057100cbL);
    assertThat(sock(sock, 64, "u32")).isEqualTo(0xffff0000L);
    assertThat(sock(sock, 68, "u32")).isEqualTo(0x057100cbL);
    assertThat(sock(sock, 72, "u32")).isEqualTo(1);
    sock.disconnect();
    assertThat(sock(sock, 72, "u32")).isEqualTo(7);
    assertThat(sock(sock, 44, "u32") | sock(sock, 48, "u32") | sock(sock, 52, "u32")).isZero();
  }

  @Test
  void noReceiveQueueIsAllOnesInTheWidthThatWasAsked() {
    Sock sock = net.udp("0.0.0.0:1");
    assertThat(sock(sock, 76, "u32")).isEqualTo(0xffffffffL);
    assertThat(sock(sock, 76, "u16")).isEqualTo(0xffff);
    assertThat(sock(sock, 76, "s16")).isEqualTo(-1);
    assertThat(sock(sock, 76, "u8")).isEqualTo(0xff);
  }

  @Test
  void theTypeOffersTheHelpersThatTheKernelDoesAndEachHasARow() {
    Set<Integer> ids = new HashSet<>();
    Helpers.ROWS.stream().map(Helper::id).forEach(ids::add);
    assertThat(SkLookup.HELPERS).hasSize(83).doesNotContain(148, 191);
    assertThat(ids).containsAll(SkLookup.HELPERS);
  }
}
