package io.bpf4j.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.netns.TestNet;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Lookups go on while sockets, maps and links change, and never see a state that was not there.
final class LookupConcurrencyTest {
  private static final long SECONDS = 1;

  private final TestNet net = new TestNet();

  private long ask(WorldCpu cpu, int sport, int dport) {
    return net.ns.lookups().lookup(cpu, 2, 6, 0, 0xc0000201L, sport, 0, 0x0a000001L, dport, 2);
  }

  /// Runs changes on this thread while another looks up on CPU 1; gives how often it did.
  private long during(Callable<Boolean> check, Runnable change) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<Long> lookups =
          other.submit(() -> {
            long n = 0;
            while (!stop.get()) {
              assertThat(check.call()).isTrue();
              n++;
            }
            return n;
          });
      long end = System.nanoTime() + SECONDS * 1_000_000_000L;
      while (System.nanoTime() < end && !lookups.isDone()) {
        change.run();
      }
      stop.set(true);
      return lookups.get();
    }
  }

  @Test
  void aListenerThatStaysIsAlwaysFoundWhileItsNeighboursComeAndGo() throws Exception {
    Sock web = net.tcp("0.0.0.0:80");
    WorldCpu cpu = net.world.cpu(1);
    long found = LookupAnswer.of(LookupKind.LISTENER, web.index(), -1);
    int[] port = {1000};
    long lookups =
        during(
            () -> ask(cpu, 1, 80) == found,
            () -> {
              Sock neighbour = net.tcp("0.0.0.0:" + port[0]);
              Sock exact = net.tcp("127.0.0.1:" + (port[0] + 1));
              port[0] = 1000 + (port[0] + 2) % 10000;
              neighbour.close();
              exact.close();
            });
    assertThat(lookups).isGreaterThan(1000);
  }

  @Test
  void aLookupSeesTheLinksBeforeOrAfterAChange() throws Exception {
    Sock web = net.tcp("0.0.0.0:80");
    Sock target = net.tcp("127.0.0.1:8080");
    SocketMap map = net.sockmap(target);
    RunnableProgram steer = net.assigning(map, 1, 0, 0);
    RunnableProgram drop = net.returning(0);
    Link link = net.attach(drop);
    WorldCpu cpu = net.world.cpu(1);
    boolean[] seen = new boolean[LookupKind.values().length];
    during(
        () -> {
          LookupKind kind = LookupAnswer.kind(ask(cpu, 1, 80));
          seen[kind.ordinal()] = true;
          // The regular listener is never seen: there is always a link that drops or steers.
          return kind == LookupKind.DROPPED || kind == LookupKind.STEERED;
        },
        () -> {
          link.update(steer);
          link.update(drop);
        });
    assertThat(seen[LookupKind.DROPPED.ordinal()] && seen[LookupKind.STEERED.ordinal()]).isTrue();
    assertThat(web.listening()).isTrue();
  }

  @Test
  void aSocketThatIsReplacedInAMapIsTheOldOneOrTheNew() throws Exception {
    Sock one = net.tcp("127.0.0.1:8081");
    Sock two = net.tcp("127.0.0.1:8082");
    SocketMap map = net.sockmap(one);
    Link link = net.attach(net.assigning(map, 1, 0, 0));
    WorldCpu cpu = net.world.cpu(1);
    long first = LookupAnswer.of(LookupKind.STEERED, one.index(), link.index());
    long second = LookupAnswer.of(LookupKind.STEERED, two.index(), link.index());
    during(
        () -> {
          long answer = ask(cpu, 1, 80);
          return answer == first || answer == second;
        },
        () -> {
          map.updateElem(OffHeap.u32(0), two, 0);
          map.updateElem(OffHeap.u32(0), one, 0);
        });
  }

  @Test
  void groupsGrowAndShrinkUnderLookups() throws Exception {
    Sock stays = net.tcp("0.0.0.0:80", "port");
    WorldCpu cpu = net.world.cpu(1);
    int[] sport = {0};
    during(
        () -> {
          sport[0] = (sport[0] + 1) & 0xffff;
          return LookupAnswer.kind(ask(cpu, sport[0], 80)) == LookupKind.LISTENER;
        },
        () -> {
          Sock one = net.tcp("0.0.0.0:80", "port");
          Sock two = net.tcp("0.0.0.0:80", "port");
          one.close();
          two.close();
        });
    assertThat(stays.listening()).isTrue();
  }
}
