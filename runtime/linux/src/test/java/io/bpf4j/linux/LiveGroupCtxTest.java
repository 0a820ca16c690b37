package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.cbpf.ClassicInsn;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.packet.PacketTypes;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.prog.ProgType;
import io.bpf4j.reuseport.SkReuseportCtx;
import io.bpf4j.sock.Sock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the programs of reuseport groups see of a packet, on the kernel and in a world.
final class LiveGroupCtxTest {
  private static final String STORE =
      """
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto stored
      *(u64 *)(r0 +0) = r6
      stored:
      r0 = 1
      exit
      """;

  private static final byte[] FIRST = KernelMap.index(0);
  private static final int FILTERS = Integer.getInteger("bpf4j.classicFilters", 500);
  private static final int MEMBERS = 7;

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

  /// A datagram on both sides; who got it.
  private @Nullable Sock send(String address) {
    SockName from = SockName.of(address, 7101);
    SockName to = SockName.of(address, 7001);
    net.ns.lookup(
        new Tuple(Protocol.UDP, from.address(), from.port(), to.address(), to.port(), 1),
        TwinNet.PAYLOAD);
    return net.datagram(from, to);
  }

  /// Every load of every width at every offset: whether it is legal, and what it gives.
  ///
  /// @param from the first offset
  /// @param to one past the last
  /// @param secret offsets of words whose values are the kernel's own
  private void loads(
      ProgType type, CtxLayout layout, int from, int to, String address, Set<Integer> secret) {
    TwinNet.Twin twin = member(address);
    int compared = 0;
    for (int offset = from; offset < to; offset++) {
      for (int width = 1; width <= 8; width *= 2) {
        for (String sign : new String[] {"u", "s"}) {
          boolean legal = layout.rule(offset, width) != null;
          // There is no signed form of 8 bytes; what is legal does not depend on the sign.
          if (sign.equals("s") && (width == 8 || !legal)) {
            continue;
          }
          String code = "r6 = *(%s%d *)(r1 %+d)\n".formatted(sign, 8 * width, offset) + STORE;
          String what = "%s%d at %d of %s".formatted(sign, 8 * width, offset, layout.struct());
          LoadResult result =
              KernelProg.tryLoad(Live.request(type, code, groups.theirs.toArray(KernelMap[]::new)));
          if (!(result instanceof LoadResult.Loaded(KernelProg prog, String _))) {
            assertThat(legal).as(what).isFalse();
            continue;
          }
          try (prog) {
            assertThat(legal).as(what).isTrue();
            twin.theirs().set(SockOption.SO_ATTACH_REUSEPORT_EBPF, prog.fd());
            twin.ours().attachReuseport(groups.ours(type, code, groups.ours));
            RuntimeMap ourResult = groups.ours.get(1);
            KernelMap theirResult = groups.theirs.get(1);
            ourResult.updateElem(FIRST, filled(), 0);
            theirResult.updateElem(FIRST, filled(), 0);
            assertThat(send(address)).as(what).isEqualTo(twin.ours());
            if (!secret.contains(offset & ~3)) {
              assertThat(ourResult.lookupElem(FIRST))
                  .as(what)
                  .isEqualTo(theirResult.lookupElem(FIRST));
              compared++;
            }
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(20);
    net.close(twin);
  }

  private static byte[] filled() {
    byte[] bytes = new byte[32];
    java.util.Arrays.fill(bytes, (byte) 0x55);
    return bytes;
  }

  @Test
  void loadsOfSkReuseportMdAreLegalAndAnsweredAsByTheKernel() {
    // Pointers, and the hash, whose key is the kernel's.
    Set<Integer> secret =
        Set.of(
            SkReuseportCtx.DATA,
            SkReuseportCtx.DATA_END,
            SkReuseportCtx.HASH,
            SkReuseportCtx.SK,
            SkReuseportCtx.MIGRATING_SK);
    loads(ProgType.SK_REUSEPORT, SkReuseportCtx.LAYOUT, 0, 64, "127.0.0.1", secret);
    loads(ProgType.SK_REUSEPORT, SkReuseportCtx.LAYOUT, 16, 32, "fd00::1", secret);
  }

  @Test
  void loadsOfSkBuffAreLegalAndAnsweredAsByTheKernel() {
    // hash and napi_id.
    loads(
        ProgType.SOCKET_FILTER,
        PacketTypes.ROWS.getFirst().ctx(),
        0,
        200,
        "127.0.0.1",
        Set.of(68, 84));
  }

  private static ClassicInsn randomInsn(Random random) {
    int[] codes = {
      0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80, 0x01, 0x61, 0x81, 0xb1, 0x02, 0x03,
      0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74,
      0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,
      0x07, 0x87, 0x16, 0x06
    };
    int code =
        random.nextInt(40) == 0
            ? random.nextInt(0x100) | (random.nextInt(8) == 0 ? 0x100 : 0)
            : codes[random.nextInt(codes.length)];
    int[] constants = {
      0,
      1,
      2,
      3,
      4,
      8,
      15,
      16,
      31,
      32,
      -1,
      -4096,
      -4088,
      -4096 + 40,
      -4096 + 28,
      -4096 + 64,
      -0x100000,
      -0x100000 + 9,
      -0x100000 + 12,
      -0x100000 + 20,
      -0x200000,
      -0x200000 + 12,
      -0x200001,
      Integer.MIN_VALUE,
      Integer.MAX_VALUE
    };
    int k =
        random.nextInt(3) == 0 ? random.nextInt(4) : constants[random.nextInt(constants.length)];
    return new ClassicInsn(code, random.nextInt(3), random.nextInt(3), k);
  }

  private static List<ClassicInsn> randomFilter(Random random) {
    List<ClassicInsn> insns = new ArrayList<>();
    int size = 1 + random.nextInt(7);
    for (int i = 0; i < size; i++) {
      insns.add(randomInsn(random));
    }
    if (random.nextInt(12) != 0) {
      // Few results are indices of their own accord.
      insns.add(ClassicInsn.of(ClassicInsn.ALU | ClassicInsn.AND, 7));
      insns.add(ClassicInsn.of(ClassicInsn.RET | ClassicInsn.A, 0));
    }
    return insns;
  }

  /// Whether a filter reads nothing that is the kernel's own: the id and flags of the IPv4 header,
  /// the checksums; what it reads at computed offsets is not known.
  private static boolean reproducible(List<ClassicInsn> insns) {
    return insns.stream().allMatch(LiveGroupCtxTest::reproducible);
  }

  private static boolean reproducible(ClassicInsn insn) {
    return switch (insn.code()) {
      case 0x40, 0x48, 0x50 -> false;
      case 0x20, 0x28, 0x30, 0xb1 -> {
        int from = insn.k() + 0x100000;
        int to = from + (insn.code() == 0x20 ? 4 : insn.code() == 0x28 ? 2 : 1);
        yield !meet(from, to, 4, 8) && !meet(from, to, 10, 12) && !meet(from, to, 26, 28);
      }
      default -> true;
    };
  }

  private static boolean meet(int from, int to, int start, int end) {
    return from < end && start < to;
  }

  @Test
  void classicFiltersAreRefusedAndRunAsByTheKernel() {
    List<TwinNet.Twin> twins = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      twins.add(member("127.0.0.1"));
    }
    TwinNet.Twin first = twins.getFirst();
    Random random = new Random(3);
    int ran = 0;
    for (int i = 0; i < FILTERS; i++) {
      List<ClassicInsn> insns = randomFilter(random);
      net.story.clear();
      boolean attached = groups.attachClassic(first, insns);
      if (!attached || !reproducible(insns)) {
        continue;
      }
      SockName from = SockName.of("127.0.0.1", 7101);
      SockName to = SockName.of("127.0.0.1", 7001);
      var trace = groups.trace(Protocol.UDP, from, to);
      Sock mine = TwinGroups.found(trace);
      Sock kernels = net.datagram(from, to);
      if (!TwinGroups.byHash(trace)) {
        assertThat(kernels).as("%s: %s", insns, trace).isEqualTo(mine);
        ran++;
      }
    }
    assertThat(ran).isGreaterThan(FILTERS / 20);
  }

  @Test
  void aFilterThatIsTooLongOrEmptyIsRefused() {
    TwinNet.Twin twin = member("127.0.0.1");
    List<ClassicInsn> longest =
        new ArrayList<>(java.util.Collections.nCopies(4096, ClassicInsn.of(0, 1)));
    longest.set(4095, ClassicInsn.of(ClassicInsn.RET, 0));
    assertThat(groups.attachClassic(twin, longest)).isTrue();
    longest.addFirst(ClassicInsn.of(0, 1));
    assertThat(groups.attachClassic(twin, longest)).isFalse();
    assertThat(groups.attachClassic(twin, List.of())).isFalse();
    Live.refused(Errno.EINVAL, () -> new ClassicFilter(List.of()));
    assertThat(catchErrno(() -> twin.theirs().attachReuseportFilter())).isEqualTo(Errno.EINVAL);
  }

  private static @Nullable Errno catchErrno(Runnable call) {
    try {
      call.run();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }
}
