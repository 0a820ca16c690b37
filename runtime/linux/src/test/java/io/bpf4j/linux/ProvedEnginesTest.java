package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BpfException;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.error.ProgramFault;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.lookup.WorldCpu;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.map.SocketMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.LinuxPlatform;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.Probe;
import io.bpf4j.sock.Sock;
import io.bpf4j.verifier.BorderMaps;
import io.bpf4j.verifier.BorderPrograms;
import io.bpf4j.verifier.BorderPrograms.Generated;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Programs that were proved do on engines that check nothing what they do on the one that checks
/// everything: the same R0, context and contents of maps. What shows in its results where maps and
/// stack are is not compared.
public class ProvedEnginesTest {
  private static final Engine REFERENCE = Engines.named("checked-interp");
  private static final List<Engine> OTHERS =
      List.of(Engines.named("interp"), Engines.named("jit"), Engines.named("checked-jit"));
  private static final int RUNS = 4;

  /// What runs longer is stopped in all engines at the same place.
  private static final EngineOptions OPTIONS = new EngineOptions(1 << 18);

  /// Maps of one run, and a slot beside them.
  private static final class Host {
    private final World world = World.of(REFERENCE, 1, 1);
    private final WorldCpu cpu = world.cpu(0);
    private final List<@Nullable RuntimeMap> maps = new ArrayList<>();

    Host() {
      Sock sock = world.createNetns("ns").open(Protocol.TCP, Family.INET);
      sock.bind(IpAddr.parse("127.0.0.1"), new Port(80));
      sock.listen();
      for (MapSpec spec : BorderMaps.MAPS) {
        RuntimeMap map = null;
        try {
          map = world.createMap(spec);
          if (map instanceof SocketMap sockets && spec.keySize() == 4) {
            sockets.updateElem(new byte[4], sock, 0);
          }
        } catch (BpfException e) {
          // Programs that use it are not run.
        }
        maps.add(map);
      }
    }

    boolean lacks(Generated generated) {
      return generated.insns().toList().stream()
          .anyMatch(insn ->
              insn instanceof Insn.LoadImm64 load
                  && (load.source() == PseudoLoad.MAP_IDX
                      || load.source() == PseudoLoad.MAP_IDX_VALUE)
                  && maps.get(load.low()) == null);
    }

    Program program(Generated generated) {
      List<BpfMap> bound = new ArrayList<>();
      BpfMap any = maps.getFirst();
      maps.forEach(map -> bound.add(map == null ? any : map));
      return new Program(
          "fuzz",
          ProgType.SK_LOOKUP,
          generated.insns(),
          bound,
          List.of(new Subprog("fuzz", 0)),
          List.of(),
          "GPL");
    }

    /// Runs on contents and a packet that a seed decides, and says all there is to see.
    String run(RunnableProgram program, long seed) {
      Random random = new Random(seed);
      fill(random);
      Probe probe = new Probe();
      probe.set(tuple(random));
      SkLookupCtx.write(cpu.ctx(), probe);
      int stack = Cpu.FRAME_BYTES * Cpu.MAX_FRAMES;
      byte[] junk = new byte[stack];
      random.nextBytes(junk);
      Memory.putBytes(cpu.stackTop() - stack, junk);
      StringBuilder seen = new StringBuilder();
      try {
        seen.append("r0 ").append(program.run(cpu, cpu.ctx(), 0));
      } catch (BudgetExhausted end) {
        return String.valueOf(end.getMessage());
      } catch (ProgramFault fault) {
        throw new AssertionError(fault);
      }
      HexFormat hex = HexFormat.of();
      seen.append("\nselected ").append(SkLookupCtx.selected(cpu.ctx()) != 0);
      seen.append("\nfuel ").append(cpu.fuel());
      for (int i = 0; i < maps.size(); i++) {
        RuntimeMap map = maps.get(i);
        if (map == null || map instanceof SocketMap) {
          continue;
        }
        List<String> lines = new ArrayList<>();
        for (Map.Entry<byte[], byte[]> entry : map.entries()) {
          lines.add(hex.formatHex(entry.getKey()) + "=" + hex.formatHex(entry.getValue()));
        }
        lines.sort(null);
        seen.append("\nmap ").append(i).append(' ').append(lines);
      }
      return seen.toString();
    }

    /// Numbers at edges in the arrays and the hash.
    private void fill(Random random) {
      for (int i = 0; i < 3; i++) {
        MapSpec spec = BorderMaps.MAPS.get(i);
        RuntimeMap map = maps.get(i);
        if (map == null) {
          continue;
        }
        if (spec.type() == 1) {
          map.entries().forEach(entry -> map.deleteElem(entry.getKey()));
        }
        for (int key = 0; key < spec.maxEntries() && key < 6; key++) {
          ByteBuffer index = ByteBuffer.allocate(spec.keySize()).order(ByteOrder.LITTLE_ENDIAN);
          index.putInt(0, key);
          ByteBuffer value = ByteBuffer.allocate(spec.valueSize()).order(ByteOrder.LITTLE_ENDIAN);
          for (int at = 0; at < spec.valueSize(); at += Long.BYTES) {
            value.putLong(at, edge(random));
          }
          map.updateElem(index.array(), value.array(), 0);
        }
      }
    }

    private static long edge(Random random) {
      return switch (random.nextInt(6)) {
        case 0 -> random.nextLong();
        case 1 -> random.nextInt(128);
        case 2 -> -1L - random.nextInt(128);
        case 3 -> Long.MIN_VALUE + random.nextInt(3) - 1;
        case 4 -> (1L << 31) + random.nextInt(3) - 1;
        default -> (1L << random.nextInt(64)) - 1;
      };
    }

    private static Tuple tuple(Random random) {
      boolean four = random.nextBoolean();
      IpAddr src = IpAddr.parse(four ? "192.0.2.1" : "2001:db8::1");
      IpAddr dst = IpAddr.parse(four ? "127.0.0.1" : "::1");
      Protocol protocol = random.nextBoolean() ? Protocol.TCP : Protocol.UDP;
      Port from = new Port(random.nextInt(65536));
      return new Tuple(protocol, src, from, dst, new Port(random.nextInt(65536)), 0);
    }
  }

  private final Host here = new Host();
  private final Host elsewhere = new Host();
  private int proved;
  private int compared;

  /// Runs for a time: SEED SECONDS.
  public static void main(String[] args) {
    ProvedEnginesTest test = new ProvedEnginesTest();
    BorderPrograms programs = programs(args.length > 0 ? Long.parseLong(args[0]) : 1);
    long seconds = args.length > 1 ? Long.parseLong(args[1]) : 60;
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() - end < 0) {
      test.compare(programs.next());
    }
    System.out.printf("%,d proved, %,d runs compared%n", test.proved, test.compared);
  }

  private static BorderPrograms programs(long seed) {
    return new BorderPrograms(
        RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(seed));
  }

  @Test
  void provedProgramsDoTheSameWithoutChecks() {
    BorderPrograms programs = programs(70);
    while (compared < 200) {
      compare(programs.next());
    }
    assertThat(proved).isGreaterThan(30);
  }

  private void compare(Generated generated) {
    if (generated.type() != ProgType.SK_LOOKUP || here.lacks(generated)) {
      return;
    }
    List<RunnableProgram> runnables = new ArrayList<>();
    try {
      for (Engine engine : OTHERS) {
        runnables.add(load(engine, here, generated));
      }
    } catch (VerifierException | UnsupportedException e) {
      return;
    }
    proved++;
    RunnableProgram reference = load(REFERENCE, here, generated);
    RunnableProgram far = load(REFERENCE, elsewhere, generated);
    for (int run = 0; run < RUNS; run++) {
      String expected = here.run(reference, run);
      if (!expected.equals(elsewhere.run(far, run))) {
        return;
      }
      for (int i = 0; i < runnables.size(); i++) {
        assertThat(here.run(runnables.get(i), run))
            .as("%s, run %d of%n%s", OTHERS.get(i).name(), run, BorderFuzz.text(generated))
            .isEqualTo(expected);
      }
      compared++;
    }
  }

  private static RunnableProgram load(Engine engine, Host host, Generated generated) {
    return engine.load(host.program(generated), LinuxPlatform.PLATFORM, OPTIONS);
  }
}
