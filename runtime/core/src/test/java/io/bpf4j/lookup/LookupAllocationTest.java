package io.bpf4j.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.bpf4j.cbpf.ClassicFilter;
import io.bpf4j.cbpf.ClassicInsn;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.Assembler;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.netns.TestNet;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sock.Sock;
import io.bpf4j.sock.TcpSock;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The lookup without objects leaves nothing to the garbage collector.
final class LookupAllocationTest {
  private static final int ROUNDS = 50_000;
  private static final int TCP = 6;
  private static final int UDP = 17;

  private final TestNet net = new TestNet();
  private final WorldCpu cpu = net.world.cpu(0);
  private final SocketLookup lookups = net.ns.lookups();

  private int lookUp(int kinds) {
    int seen = kinds;
    for (int i = 0; i < ROUNDS; i++) {
      int sport = i & 0xffff;
      seen |= one(2, TCP, 0, 0xc0000201L, sport, 0, 0x0a000001L, 80 + i % 3);
      seen |= one(2, UDP, 0, 0xc0000201L, sport, 0, 0x0a000001L, 53 + i % 2);
      seen |= one(10, TCP, 0x20010db8L << 32, 1, sport, 0xfd00L << 48, 1, 80 + i % 3);
    }
    return seen;
  }

  private int one(
      int family,
      int protocol,
      long srcHi,
      long srcLo,
      int sport,
      long dstHi,
      long dstLo,
      int dport) {
    long answer =
        lookups.lookup(cpu, family, protocol, srcHi, srcLo, sport, dstHi, dstLo, dport, 2);
    return 1 << LookupAnswer.kind(answer).ordinal();
  }

  @Test
  void lookupsAllocateNothing() {
    net.tcp("0.0.0.0:80", "port");
    net.tcp("0.0.0.0:80", "port");
    TcpSock web = (TcpSock) net.tcp("[::]:81");
    web.accept(TestNet.tuple(io.bpf4j.net.Protocol.TCP, "[2001:db8::1]:7", "[fd00::1]:81", 2));
    net.udp("0.0.0.0:53");
    SocketMap map = net.sockmap(net.tcp("127.0.0.1:9000"));
    net.attach(net.assigning(map, 1, 0, 0));
    net.attach(net.returning(0));
    lookUp(0);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int kinds = lookUp(0);
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    // Reading the counter, and a recompilation on the way, may cost a little in all.
    assertThat(bytes).isLessThan(ROUNDS / 10);
    assertThat(kinds)
        .isEqualTo(
            1 << LookupKind.ESTABLISHED.ordinal()
                | 1 << LookupKind.STEERED.ordinal()
                | 1 << LookupKind.DROPPED.ordinal());
  }

  @Test
  void regularLookupsAllocateNothing() {
    net.tcp("0.0.0.0:80", "port");
    net.tcp("[::]:81", "port", "dev2");
    net.udp("0.0.0.0:53", "port");
    lookUp(0);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int kinds = lookUp(0);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(ROUNDS / 10);
    assertThat(kinds)
        .isEqualTo(1 << LookupKind.LISTENER.ordinal() | 1 << LookupKind.NONE.ordinal());
  }

  @Test
  void groupsWithProgramsAllocateNothing() {
    Sock web = net.tcp("0.0.0.0:80", "port");
    Sock web6 = net.tcp("[::]:81", "port");
    Sock dns = net.udp("0.0.0.0:53", "port");
    net.tcp("0.0.0.0:80", "port");
    SocketMap map = net.sockmap(web);
    web.attachReuseport(
        group(
            ProgType.SK_REUSEPORT,
            """
            r6 = *(u64 *)(r1 +0)
            r7 = *(u16 *)(r6 +2)
            *(u32 *)(r10 -4) = 0
            r2 = map[idx:0]
            r3 = r10
            r3 += -4
            r4 = 0
            call bpf_sk_select_reuseport#82
            r0 = 1
            exit
            """,
            map));
    web6.attachReuseport(group(ProgType.SK_REUSEPORT, "r0 = 0\nexit"));
    dns.attachReuseport(
        new ClassicFilter(
            List.of(
                ClassicInsn.of(ClassicInsn.LD | ClassicInsn.B | ClassicInsn.ABS, -0x100000),
                ClassicInsn.of(ClassicInsn.RET | ClassicInsn.A, 0))));
    lookUp(0);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int kinds = lookUp(0);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(ROUNDS / 10);
    assertThat(kinds)
        .isEqualTo(
            1 << LookupKind.LISTENER.ordinal()
                | 1 << LookupKind.NONE.ordinal()
                | 1 << LookupKind.DROPPED_BY_GROUP.ordinal());
  }

  private RunnableProgram group(ProgType type, String code, RuntimeMap... maps) {
    return net.world.load(
        new Program(
            "group",
            type,
            Assembler.assemble(code),
            List.of(maps),
            List.of(new Subprog("group", 0)),
            List.of(),
            "GPL"));
  }
}
