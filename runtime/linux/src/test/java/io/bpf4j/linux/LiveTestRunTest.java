package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.lookup.TestRunInput;
import io.bpf4j.lookup.TestRunOutput;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.Sock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Test runs of sk_lookup programs with random inputs, most of them wrong: refused alike, and else
/// with the same verdict, the same bytes and the same socket.
final class LiveTestRunTest {
  private static final int RUNS = 6000;

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
    Live.assumeNetns();
  }

  /// What one side answered; the cookie is the number of the socket's twin.
  private record Answer(
      @Nullable Errno errno, int retval, byte[] ctx, int ctxSize, @Nullable Sock sock) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Answer other
          && errno == other.errno
          && retval == other.retval
          && Arrays.equals(ctx, other.ctx)
          && ctxSize == other.ctxSize
          && Objects.equals(sock, other.sock);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(ctx);
    }

    @Override
    public String toString() {
      return "%s, retval %d, %d of %d bytes %s, %s"
          .formatted(errno, retval, ctx.length, ctxSize, Arrays.toString(ctx), sock);
    }
  }

  private static Answer theirs(TwinNet net, KernelProg prog, TestRunInput input) {
    try (Arena arena = Arena.ofConfined()) {
      Struct attr =
          new Struct(BpfAttr.TEST_RUN, arena)
              .put("prog_fd", prog.fd())
              .put("flags", input.flags())
              .put("cpu", input.cpu())
              .put("batch_size", input.batchSize())
              .put("repeat", input.repeat());
      byte[] ctxIn = input.ctxIn();
      if (ctxIn != null) {
        MemorySegment in = arena.allocate(Math.max(ctxIn.length, 1), 8);
        MemorySegment.copy(ctxIn, 0, in, JAVA_BYTE, 0, ctxIn.length);
        attr.put("ctx_in", in).put("ctx_size_in", ctxIn.length);
      }
      byte[] dataIn = input.dataIn();
      if (dataIn != null) {
        attr.put("data_in", arena.allocate(64, 8)).put("data_size_in", dataIn.length);
      }
      if (input.dataOutSize() >= 0) {
        attr.put("data_out", arena.allocate(64, 8)).put("data_size_out", input.dataOutSize());
      }
      MemorySegment out = arena.allocate(256, 8);
      if (input.ctxOutSize() >= 0) {
        attr.put("ctx_out", out).put("ctx_size_out", input.ctxOutSize());
      }
      Errno errno = null;
      try {
        Bpf.PROG_TEST_RUN.checked(attr, "test run");
      } catch (ErrnoException e) {
        errno = e.errno();
        if (errno != Errno.ENOSPC) {
          return new Answer(errno, 0, new byte[0], 0, null);
        }
      }
      int size = input.ctxOutSize() < 0 ? 0 : attr.getInt("ctx_size_out");
      byte[] ctx = out.asSlice(0, Math.clamp(input.ctxOutSize(), 0, 72)).toArray(JAVA_BYTE);
      return answer(
          errno,
          attr.getInt("retval"),
          ctx,
          size,
          cookie ->
              net.twins().stream()
                  .filter(twin -> twin.theirs().cookie() == cookie)
                  .map(TwinNet.Twin::ours)
                  .findFirst()
                  .orElse(null));
    }
  }

  private interface Owner {
    @Nullable Sock of(long cookie);
  }

  /// Takes the cookie out of the context: both sides count their own.
  private static Answer answer(
      @Nullable Errno errno, int retval, byte[] ctx, int size, Owner owner) {
    Sock sock = null;
    if (ctx.length >= 8) {
      ByteBuffer bytes = ByteBuffer.wrap(ctx).order(ByteOrder.LITTLE_ENDIAN);
      sock = owner.of(bytes.getLong(0));
      bytes.putLong(0, 0);
    } else {
      Arrays.fill(ctx, (byte) 0);
    }
    return new Answer(errno, retval, ctx, size, sock);
  }

  private static Answer ours(TwinGroups groups, TestRunInput input) {
    try {
      TestRunOutput run = groups.net.world.testRun(groups.ourLookup(), input);
      return answer(
          run.errno(),
          run.retval(),
          run.ctxOut(),
          run.ctxOutSize(),
          cookie -> cookie == 0 ? null : run.selected());
    } catch (ErrnoException e) {
      return new Answer(e.errno(), 0, new byte[0], 0, null);
    }
  }

  private static byte @Nullable [] context(Random random) {
    if (random.nextInt(20) == 0) {
      return null;
    }
    ByteBuffer ctx = ByteBuffer.allocate(SkLookupCtx.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    int[] families = {2, 10, 2, 10, 0x10002, 1, 0, 0xff000a};
    int[] protocols = {6, 17, 6, 17, 0x10006, 132, 0};
    ctx.putInt(SkLookupCtx.FAMILY, families[random.nextInt(families.length)]);
    ctx.putInt(SkLookupCtx.PROTOCOL, protocols[random.nextInt(protocols.length)]);
    for (int at = SkLookupCtx.REMOTE_IP4; at < SkLookupCtx.LOCAL_PORT; at += 4) {
      ctx.putInt(at, random.nextInt(3) == 0 ? random.nextInt() : 0);
    }
    ctx.putInt(
        SkLookupCtx.LOCAL_PORT,
        switch (random.nextInt(10)) {
          case 0 -> 0x10000;
          case 1 -> random.nextInt();
          default -> random.nextInt(0x10000);
        });
    if (random.nextInt(12) == 0) {
      ctx.put(random.nextInt(8), (byte) 1);
    }
    if (random.nextInt(12) == 0) {
      ctx.put(SkLookupCtx.INGRESS_IFINDEX + random.nextInt(8), (byte) 1);
    }
    byte[] bytes = ctx.array();
    return switch (random.nextInt(12)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(SkLookupCtx.SIZE));
      case 1 -> Arrays.copyOf(bytes, SkLookupCtx.SIZE + random.nextInt(64));
      case 2 -> {
        byte[] longer = Arrays.copyOf(bytes, SkLookupCtx.SIZE + 1 + random.nextInt(64));
        longer[longer.length - 1] = 1;
        yield longer;
      }
      case 3 -> Arrays.copyOf(bytes, 4090 + random.nextInt(12));
      default -> bytes;
    };
  }

  private static int rarely(Random random, int otherwise) {
    return random.nextInt(25) == 0 ? 1 : otherwise;
  }

  @Test
  @SuppressWarnings("NullAway") // what is nullable in a record of another module, it does not see
  void testRunsAreAnsweredAsByTheKernel() {
    Random random = new Random(7);
    int answered = 0;
    int selected = 0;
    try (TwinNet net = new TwinNet();
        TwinGroups groups = new TwinGroups(net)) {
      String[] binds = {"127.0.0.1", "::", "fd00::1", "::ffff:127.0.0.1"};
      for (int i = 0; i < TwinGroups.ENTRIES; i++) {
        IpAddr address = IpAddr.parse(binds[i]);
        Protocol protocol = i % 2 == 0 ? Protocol.TCP : Protocol.UDP;
        TwinNet.Twin twin = net.open(protocol, address.family());
        if (i % 2 == 1) {
          net.set(twin, io.bpf4j.sock.SockOption.SO_REUSEPORT, SockOption.SO_REUSEPORT, 1);
        }
        net.bind(twin, address, 7001 + i);
        if (protocol == Protocol.TCP) {
          net.listen(twin);
        }
        groups.put(3, i, twin, 0);
      }
      for (int run = 0; run < RUNS; run++) {
        groups.orderLookup(
            random.nextInt(TwinGroups.ENTRIES + 1),
            random.nextInt(4) == 0 ? 0 : 1,
            random.nextInt(4));
        int[] rooms = {72, 72, 72, 72, 72, -1, 0, 12, 71, 73, 100};
        TestRunInput input =
            new TestRunInput(
                context(random),
                rooms[random.nextInt(rooms.length)],
                random.nextInt(3),
                rarely(random, 0),
                rarely(random, 0),
                rarely(random, 0),
                rarely(random, 0) == 0 ? null : new byte[random.nextInt(20)],
                rarely(random, 0) == 0 ? -1 : random.nextInt(20));
        Answer mine = ours(groups, input);
        Answer kernels = theirs(net, groups.theirLookup(), input);
        assertThat(mine)
            .as(
                "run %d of %s, ctx %s: %s",
                run, input, Arrays.toString(input.ctxIn()), net.story.getLast())
            .isEqualTo(kernels);
        answered += kernels.errno() == null ? 1 : 0;
        selected += kernels.sock() != null ? 1 : 0;
      }
    }
    assertThat(answered).isGreaterThan(RUNS / 20);
    assertThat(selected).isGreaterThan(RUNS / 200);
  }

  @Test
  void theQueryOfAShortBufferIsPartialAndSaysSo() {
    try (TwinNet net = new TwinNet();
        TwinGroups groups = new TwinGroups(net)) {
      for (int i = 0; i < 3; i++) {
        groups.steer();
      }
      for (int room = 0; room < 5; room++) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment ids = arena.allocate(64, 4);
          Struct attr =
              new Struct(BpfAttr.PROG_QUERY, arena)
                  .put("target_fd", net.live.fd())
                  .put("attach_type", LoadRequest.SK_LOOKUP)
                  .put("prog_ids", ids)
                  .put("prog_cnt", room);
          Errno errno = null;
          try {
            Bpf.PROG_QUERY.checked(attr, "query");
          } catch (ErrnoException e) {
            errno = e.errno();
          }
          var query = net.ns.query(room);
          assertThat(query.errno()).isEqualTo(errno);
          assertThat(query.count()).isEqualTo(attr.getInt("prog_cnt")).isEqualTo(3);
          for (int i = 0; i < 4; i++) {
            int id = ids.getAtIndex(java.lang.foreign.ValueLayout.JAVA_INT, i);
            assertThat(id).isEqualTo(i < query.programs().size() ? groups.theirLookup().id() : 0);
          }
        }
      }
    }
  }
}
