package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.Engines;
import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.linux.KernelMap;
import io.bpf4j.linux.KernelProg;
import io.bpf4j.linux.KernelSupport;
import io.bpf4j.linux.LoadRequest;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.verifier.Verifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/// A test class that plays scripts in a simulated world and in a namespace of the live kernel.
/// Where the kernel is not permitted, the simulated half is played all the same, and then the test
/// says that the other is missing.
abstract class Twins {
  /// The slot whose value programs of [#attach] write numbers to.
  private static final int NOTES = 7;

  /// R6 is the context, R7 where numbers are written to.
  static final String NOTING =
      """
      r6 = r1
      *(u32 *)(r10 -4) = 7
      r2 = r10
      r2 += -4
      r1 = map[idx:0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto out
      r7 = r0
      """;

  /// Ends a program that starts as [#NOTING].
  static final String PASSING =
      """
      out:
      r0 = 1
      exit
      """;

  private static Twin twin;
  private final Deque<AutoCloseable> kept = new ArrayDeque<>();

  @BeforeAll
  static void open() {
    twin = Twin.open(Engines.named("jit"), 1);
  }

  @AfterAll
  static void close() {
    twin.close();
  }

  @AfterEach
  void clear() throws Exception {
    while (!kept.isEmpty()) {
      kept.pop().close();
    }
    twin.clear();
  }

  static SimSide sim() {
    return twin.sim();
  }

  /// Plays a script; every expectation is met and both sides agree.
  static void play(String text) {
    Script script = Script.read(text);
    assertThat(twin.play(script)).as("%s", script).isNull();
  }

  /// Plays a script that ends the test: where there is no kernel the test says so.
  static void prove(String text) {
    play(text);
    assumeLive();
  }

  static void assumeLive() {
    assumeTrue(KernelSupport.netns().granted(), KernelSupport.netns().reason());
  }

  /// What only the live side can do.
  static void live(Consumer<LiveSide> task) {
    if (twin.hasLive()) {
      LiveSide live = twin.live();
      live.inside(() -> {
        task.accept(live);
        return true;
      });
    }
  }

  private static List<RuntimeMap> simMaps() {
    List<RuntimeMap> maps = new ArrayList<>(List.of(sim().table()));
    for (Place.In in : Place.In.values()) {
      maps.add(sim().map(in));
    }
    return maps;
  }

  static List<KernelMap> liveMaps(LiveSide live) {
    List<KernelMap> maps = new ArrayList<>(List.of(live.table()));
    for (Place.In in : Place.In.values()) {
      maps.add(live.map(in));
    }
    return maps;
  }

  static Program program(ProgType type, String code) {
    return new Program(
        "test",
        type,
        Assembler.assemble(code),
        List.copyOf(simMaps()),
        List.of(new Subprog("test", 0)),
        List.of(),
        "GPL");
  }

  static LoadRequest request(LiveSide live, ProgType type, String code) {
    return LoadRequest.of(
        "test", type, InsnEncoder.encode(Assembler.assemble(code)), liveMaps(live));
  }

  /// Attaches a sk_lookup program on both sides. Its maps are the table, the SOCKMAP, the SOCKHASH
  /// and the REUSEPORT_SOCKARRAY of scripts.
  void attach(String code) {
    Link link = sim().ns().attach(sim().world().load(program(ProgType.SK_LOOKUP, code)));
    kept.push(link::detach);
    live(live -> {
      KernelProg prog = KernelProg.load(request(live, ProgType.SK_LOOKUP, code));
      kept.push(prog);
      kept.push(live.ns().attach(prog));
    });
  }

  /// What programs wrote, the same on both sides.
  static long[] notes() {
    byte[] ours = sim().table().lookupElem(KernelMap.index(NOTES));
    live(live ->
        assertThat(longs(live.table().lookupElem(KernelMap.index(NOTES))))
            .as("the kernel's notes, ours")
            .isEqualTo(longs(ours)));
    return longs(ours);
  }

  private static long[] longs(byte[] bytes) {
    LongBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    long[] longs = new long[buffer.remaining()];
    buffer.get(longs);
    return longs;
  }

  /// The kernel refuses to load a program, and so does the verifier, with the same errno.
  static void refused(Errno errno, ProgType type, String code) {
    assertThatExceptionOfType(VerifierException.class)
        .isThrownBy(() -> Verifier.kernel().verify(program(type, code)))
        .matches(e -> e.errno() == errno, "errno " + errno);
    live(live ->
        assertThatExceptionOfType(ErrnoException.class)
            .isThrownBy(() -> KernelProg.load(request(live, type, code)).close())
            .matches(e -> e.errno() == errno, "errno " + errno));
  }
}
