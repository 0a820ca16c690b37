package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Protocol;
import io.bpf4j.sock.UdpSock;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The CPU that a datagram leaves behind as a socket's SO_INCOMING_CPU, on the kernel and in a
/// world.
final class LiveReceiveTest {
  private static final int ROUNDS = 60;

  @BeforeAll
  static void liveKernel() {
    Live.assumeNetns();
  }

  private static IpAddr mapped(boolean six, String v4) {
    return IpAddr.parse(six ? "::ffff:" + v4 : v4);
  }

  @Test
  void socketsWithAPeerTakeTheCpuOfWhatTheyReceive() throws Exception {
    // A thread of its own: it stays on its CPU for good.
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      thread.submit(LiveReceiveTest::compare).get();
    }
  }

  private static void compare() {
    int pinned = CpuPin.pin();
    Random random = new Random(5);
    int taken = 0;
    try (TwinNet net = new TwinNet()) {
      for (int round = 0; round < ROUNDS; round++) {
        boolean six = random.nextBoolean();
        boolean v4 = !six || random.nextBoolean();
        IpAddr bound = IpAddr.parse(six ? "::" : "0.0.0.0");
        TwinNet.Twin twin = net.open(Protocol.UDP, bound.family());
        net.bind(twin, bound, 7001);
        IpAddr peer = v4 ? mapped(six, "127.0.0.1") : IpAddr.parse("fd00::1");
        if (random.nextInt(3) != 0) {
          net.connect(twin, peer, 7101);
          if (random.nextInt(3) == 0) {
            net.disconnect(twin);
          }
        }
        SockName from = v4 ? SockName.of("127.0.0.1", 7101) : SockName.of("fd00::1", 7101);
        SockName to = v4 ? SockName.of("127.0.0.1", 7001) : SockName.of("fd00::1", 7001);
        var mine = net.ours(Protocol.UDP, from, to);
        assertThat(net.datagram(from, to)).as(net.story()).isEqualTo(mine);
        if (mine instanceof UdpSock udp) {
          udp.received(from.address().family(), pinned);
        }
        int cpu = twin.theirs().get(SockOption.SO_INCOMING_CPU);
        assertThat(twin.ours().getsockopt(io.bpf4j.sock.SockOption.SO_INCOMING_CPU))
            .as(net.story())
            .isEqualTo(cpu);
        taken += cpu == pinned ? 1 : 0;
        net.close(twin);
      }
    }
    assertThat(taken).isBetween(1, ROUNDS - 1);
  }
}
