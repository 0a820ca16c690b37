package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.lookup.TestRunInput;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.UnixSock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// AF_UNIX sockets in maps, on the kernel and in a world.
final class LiveUnixSockTest {
  private static final int AF_UNIX = 1;

  /// Stores what a lookup and bpf_sk_assign give: fields of the socket, then the error.
  private static final String CODE =
      """
      r6 = r1
      *(u32 *)(r10 -4) = 0
      r2 = r10
      r2 += -4
      r1 = map[idx:1]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto none
      r7 = r0
      *(u32 *)(r10 -8) = 0
      r2 = r10
      r2 += -8
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto release
      r8 = r0
      r1 = *(u32 *)(r7 +4)
      *(u32 *)(r8 +0) = r1
      r1 = *(u32 *)(r7 +8)
      *(u32 *)(r8 +4) = r1
      r1 = *(u32 *)(r7 +12)
      *(u32 *)(r8 +8) = r1
      r1 = *(u32 *)(r7 +72)
      *(u32 *)(r8 +12) = r1
      r1 = r6
      r2 = r7
      r3 = 0
      call bpf_sk_assign#124
      *(u32 *)(r8 +16) = r0
      release:
      r1 = r7
      call bpf_sk_release#86
      none:
      r0 = 1
      exit
      """;

  private final List<Fd> open = new ArrayList<>();

  @BeforeAll
  static void liveKernel() {
    Live.assumeBpf();
    Live.assumeNetns();
  }

  @AfterEach
  void close() {
    open.forEach(Fd::close);
  }

  private Fd unix(UnixSock.Kind kind) {
    Fd fd =
        new Fd(
            Syscall.SOCKET.check(Syscall.SOCKET.call(AF_UNIX, kind.number(), 0), "unix"), "unix");
    open.add(fd);
    return fd;
  }

  /// A sockaddr_un in the abstract name space.
  private static void named(Syscall call, Fd fd, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(32, 8);
      address.set(java.lang.foreign.ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      address.setString(3, name);
      call.check(call.call(fd.number(), address.address(), 3 + name.length()), name);
    }
  }

  private static @Nullable Errno errno(TwinNet.Call call) {
    try {
      call.run();
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }

  private record Made(UnixSock ours, Fd theirs) {}

  /// Sockets of a kind: unconnected, listening where that can be, connected.
  private List<Made> all(TwinNet net) {
    List<Made> made = new ArrayList<>();
    for (UnixSock.Kind kind : UnixSock.Kind.values()) {
      UnixSock idle = net.ns.openUnix(kind);
      made.add(new Made(idle, unix(kind)));
      String name = "bpf4j-" + kind + ProcessHandle.current().pid();
      UnixSock server = net.ns.openUnix(kind);
      Fd theirServer = unix(kind);
      named(Syscall.BIND, theirServer, name);
      if (kind != UnixSock.Kind.DGRAM) {
        server.listen();
        Syscall.LISTEN.check(Syscall.LISTEN.call(theirServer.number(), 4), "listen");
      }
      made.add(new Made(server, theirServer));
      UnixSock client = net.ns.openUnix(kind);
      Fd theirClient = unix(kind);
      // A datagram socket that is connected to is connected, too; a listener is not.
      client.pair(kind == UnixSock.Kind.DGRAM ? server : net.ns.openUnix(kind));
      named(Syscall.CONNECT, theirClient, name);
      made.add(new Made(client, theirClient));
    }
    return made;
  }

  @Test
  void mapsTakeThemAndSkAssignRefusesThemAsInTheKernel() {
    try (TwinNet net = new TwinNet();
        TwinGroups groups = new TwinGroups(net)) {
      RuntimeMap ourResult = groups.ours.get(1);
      KernelMap theirResult = groups.theirs.get(1);
      try (KernelProg prog =
          Live.load(ProgType.SK_LOOKUP, CODE, theirResult, groups.theirs.get(3))) {
        var program = groups.ours(ProgType.SK_LOOKUP, CODE, List.of(ourResult, groups.ours.get(3)));
        int taken = 0;
        for (Made made : all(net)) {
          byte[] key = KernelMap.index(0);
          for (int map = 2; map <= 4; map++) {
            SocketMap mine = (SocketMap) groups.ours.get(map);
            KernelMap kernels = groups.theirs.get(map);
            assertThat(errno(() -> mine.updateElem(key, made.ours(), 0)))
                .as("map %d of %s", map, made.ours())
                .isEqualTo(errno(() -> kernels.updateFd(key, made.theirs().number(), 0)));
          }
          ByteBuffer ctx = ByteBuffer.allocate(72).order(ByteOrder.LITTLE_ENDIAN);
          ctx.putInt(SkLookupCtx.FAMILY, 2).putInt(SkLookupCtx.PROTOCOL, 6);
          ourResult.updateElem(key, new byte[32], 0);
          theirResult.updateElem(key, new byte[32], 0);
          prog.testRun(TestRun.Input.ctx(ctx.array()));
          net.world.testRun(program, TestRunInput.of(ctx.array()));
          assertThat(ourResult.lookupElem(key))
              .as("%s", made.ours())
              .isEqualTo(theirResult.lookupElem(key));
          int error =
              ByteBuffer.wrap(ourResult.lookupElem(key)).order(ByteOrder.LITTLE_ENDIAN).getInt(16);
          taken += error == -94 ? 1 : 0;
          errno(() -> groups.ours.get(3).deleteElem(key));
          errno(() -> groups.theirs.get(3).deleteElem(key));
        }
        assertThat(taken).isEqualTo(4);
      }
    }
  }

  @Test
  void theyCannotShareAPort() {
    try (TwinNet net = new TwinNet()) {
      UnixSock ours = net.ns.openUnix(UnixSock.Kind.STREAM);
      Fd theirs = unix(UnixSock.Kind.STREAM);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment one = arena.allocateFrom(JAVA_INT, 1);
        long refused =
            Syscall.SETSOCKOPT.call(theirs.number(), 1, 15, one.address(), Integer.BYTES);
        assertThat(errno(() -> ours.setsockopt(io.bpf4j.sock.SockOption.SO_REUSEPORT, 1)))
            .isEqualTo(Errno.ofNegated(refused));
      }
    }
  }
}
