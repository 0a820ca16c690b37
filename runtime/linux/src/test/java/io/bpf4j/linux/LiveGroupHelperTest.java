package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.map.RuntimeMap;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.prog.ProgType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The helpers that programs of reuseport groups read packets and sockets with, on the kernel and
/// in a world.
final class LiveGroupHelperTest {
  /// Loads 2 bytes as ordered: offset, header; stores the result and the bytes.
  private static final String LOAD =
      """
      r6 = r1
      *(u32 *)(r10 -4) = 0
      *(u16 *)(r10 -8) = 0x7777
      r2 = r10
      r2 += -4
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      r7 = r0
      r1 = r6
      r2 = *(u32 *)(r7 +0)
      r3 = r10
      r3 += -8
      r4 = 2
      %s
      call %s
      r8 = r0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      *(u64 *)(r0 +0) = r8
      r1 = *(u16 *)(r10 -8)
      *(u64 *)(r0 +8) = r1
      end:
      r0 = 1
      exit
      """;

  private static final String COOKIE =
      """
      r1 = *(u64 *)(r1 +40)
      call bpf_get_socket_cookie#46
      r6 = r0
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto end
      *(u64 *)(r0 +0) = r6
      end:
      r0 = 1
      exit
      """;

  private static final byte[] FIRST = KernelMap.index(0);
  private static final int ROUNDS = 150;

  private TwinNet net;
  private TwinGroups groups;

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
    Live.assumeNetns();
  }

  @BeforeEach
  void enter() {
    net = new TwinNet();
    groups = new TwinGroups(net);
  }

  @AfterEach
  void leave() {
    if (groups != null) {
      groups.close();
    }
    if (net != null) {
      net.close();
    }
  }

  private TwinNet.Twin member(String address) {
    IpAddr bound = IpAddr.parse(address);
    TwinNet.Twin twin = net.open(Protocol.UDP, bound.family());
    net.set(twin, io.bpf4j.sock.SockOption.SO_REUSEPORT, SockOption.SO_REUSEPORT, 1);
    net.bind(twin, bound, 7001);
    return twin;
  }

  private void send(String address) {
    SockName from = SockName.of(address, 7101);
    SockName to = SockName.of(address, 7001);
    net.ns.lookup(
        new Tuple(Protocol.UDP, from.address(), from.port(), to.address(), to.port(), 1),
        TwinNet.PAYLOAD);
    assertThat(net.datagram(from, to)).isNotNull();
  }

  private void attach(TwinNet.Twin twin, ProgType type, String code, KernelProg prog) {
    twin.ours().attachReuseport(groups.ours(type, code, groups.ours));
    twin.theirs().set(SockOption.SO_ATTACH_REUSEPORT_EBPF, prog.fd());
  }

  private KernelProg load(ProgType type, String code) {
    return Live.load(type, code, groups.theirs.toArray(KernelMap[]::new));
  }

  /// Bytes that the kernel makes up: the IPv4 id and checksum, and the UDP checksum.
  private static boolean secret(int fromNetwork, boolean v4) {
    int checksum = v4 ? 26 : 46;
    boolean header =
        v4 && ((fromNetwork >= 3 && fromNetwork < 8) || (fromNetwork >= 9 && fromNetwork < 12));
    boolean flowLabel = !v4 && fromNetwork >= 0 && fromNetwork < 4;
    return header || flowLabel || (fromNetwork >= checksum - 1 && fromNetwork < checksum + 2);
  }

  private void loads(ProgType type, String code, String address, int base, boolean relative) {
    TwinNet.Twin twin = member(address);
    RuntimeMap ourResult = groups.ours.get(1);
    KernelMap theirResult = groups.theirs.get(1);
    boolean v4 = !address.contains(":");
    Random random = new Random(1);
    int[] odd = {-1, Integer.MIN_VALUE, 0xffff, 0x10000, Integer.MAX_VALUE};
    int found = 0;
    try (KernelProg prog = load(type, code)) {
      attach(twin, type, code, prog);
      for (int round = 0; round < ROUNDS; round++) {
        int offset = random.nextInt(10) == 0 ? odd[random.nextInt(odd.length)] : random.nextInt(64);
        int header = relative ? random.nextInt(3) : 1;
        int link = relative && header == 0 ? -14 : 0;
        if (secret(base + offset + link, v4)) {
          continue;
        }
        groups.order(offset, header, 1, 0);
        send(address);
        assertThat(ourResult.lookupElem(FIRST))
            .as("%s at %d of header %d of %s", type, offset, header, address)
            .isEqualTo(theirResult.lookupElem(FIRST));
        found +=
            ByteBuffer.wrap(theirResult.lookupElem(FIRST)).order(ByteOrder.LITTLE_ENDIAN).getLong(0)
                    == 0
                ? 1
                : 0;
      }
    }
    // Behind the UDP header there is one byte: two are never there.
    assertThat(found > 0).isEqualTo(type == ProgType.SK_REUSEPORT || relative);
    net.close(twin);
  }

  @Test
  void loadsOfBytesAreAnsweredAsByTheKernel() {
    String code = LOAD.formatted("", "bpf_skb_load_bytes#26");
    loads(ProgType.SK_REUSEPORT, code, "127.0.0.1", 20, false);
    loads(ProgType.SK_REUSEPORT, code, "fd00::1", 40, false);
    loads(ProgType.SOCKET_FILTER, code, "127.0.0.1", 28, false);
  }

  @Test
  void loadsOfBytesFromAHeaderAreAnsweredAsByTheKernel() {
    String code = LOAD.formatted("r5 = *(u32 *)(r7 +4)", "bpf_skb_load_bytes_relative#68");
    loads(ProgType.SK_REUSEPORT, code, "127.0.0.1", 0, true);
    loads(ProgType.SK_REUSEPORT, code, "fd00::1", 0, true);
    loads(ProgType.SOCKET_FILTER, code, "127.0.0.1", 0, true);
  }

  /// A load beyond the packet ends the run with 0, and nothing is stored.
  @Test
  void packetLoadsOfFiltersAreAnsweredAsByTheKernel() {
    TwinNet.Twin twin = member("127.0.0.1");
    RuntimeMap ourResult = groups.ours.get(1);
    KernelMap theirResult = groups.theirs.get(1);
    int network = -0x100000;
    int[] offsets = {0, 1, 2, network, network + 9, network + 16, network + 28, network + 29};
    for (int offset : offsets) {
      for (int form = 0; form < 2; form++) {
        String load = form == 0 ? "skb[%d]".formatted(offset) : "skb[r7 + 0]";
        String code =
            """
            r6 = r1
            r7 = %d
            r0 = *(u8 *)%s
            r8 = r0
            *(u32 *)(r10 -4) = 0
            r2 = r10
            r2 += -4
            r1 = map[idx:1]
            call bpf_map_lookup_elem#1
            if r0 == 0 goto end
            *(u64 *)(r0 +0) = r8
            end:
            r0 = 1
            exit
            """
                .formatted(offset, load);
        groups.order(0, 0, 1, 0);
        try (KernelProg prog = load(ProgType.SOCKET_FILTER, code)) {
          attach(twin, ProgType.SOCKET_FILTER, code, prog);
          send("127.0.0.1");
        }
        assertThat(ourResult.lookupElem(FIRST))
            .as("%s of %d", load, offset)
            .isEqualTo(theirResult.lookupElem(FIRST));
      }
    }
  }

  @Test
  void theCookieOfTheMemberIsTheSockets() {
    TwinNet.Twin twin = member("127.0.0.1");
    try (KernelProg prog = load(ProgType.SK_REUSEPORT, COOKIE)) {
      attach(twin, ProgType.SK_REUSEPORT, COOKIE, prog);
      send("127.0.0.1");
      byte[] mine = Arrays.copyOf(groups.ours.get(1).lookupElem(FIRST), Long.BYTES);
      byte[] kernels = Arrays.copyOf(groups.theirs.get(1).lookupElem(FIRST), Long.BYTES);
      assertThat(ByteBuffer.wrap(mine).order(ByteOrder.LITTLE_ENDIAN).getLong())
          .isEqualTo(twin.ours().cookie().value());
      assertThat(ByteBuffer.wrap(kernels).order(ByteOrder.LITTLE_ENDIAN).getLong())
          .isEqualTo(twin.theirs().cookie());
    }
  }
}
