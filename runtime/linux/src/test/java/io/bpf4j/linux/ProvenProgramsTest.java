package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.Engines;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BpfException;
import io.bpf4j.error.ProgramFault;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Port;
import io.bpf4j.net.Protocol;
import io.bpf4j.net.Tuple;
import io.bpf4j.netns.Netns;
import io.bpf4j.netns.World;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import io.bpf4j.sklookup.Link;
import io.bpf4j.sock.Sock;
import io.bpf4j.verifier.BorderMaps;
import io.bpf4j.verifier.BorderPrograms;
import io.bpf4j.verifier.BorderPrograms.Generated;
import io.bpf4j.verifier.MapDef;
import io.bpf4j.verifier.Verifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/// What the verifier accepts runs without a fault in the engine that checks every access, whatever
/// the packet and the maps hold.
public class ProvenProgramsTest {
  private static final List<MapDef> DEFS = BorderMaps.MAPS.stream().map(MapDef::of).toList();

  private final World world = World.of(Engines.named("checked-interp"), 1, 1);
  private final Netns ns = world.createNetns("ns");
  private final List<RuntimeMap> maps = new ArrayList<>();
  private final RandomGenerator random;
  private int proven;
  private int ran;

  public ProvenProgramsTest() {
    random = RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(5);
    for (MapSpec spec : BorderMaps.MAPS) {
      RuntimeMap map = null;
      try {
        map = world.createMap(spec);
      } catch (BpfException e) {
        // Programs that use it are not run.
      }
      maps.add(map);
    }
    Sock sock = ns.open(Protocol.TCP, Family.INET);
    sock.bind(IpAddr.parse("127.0.0.1"), new Port(80));
    sock.listen();
  }

  /// Runs for a time: SEED SECONDS.
  public static void main(String[] args) {
    ProvenProgramsTest test = new ProvenProgramsTest();
    long seed = args.length > 0 ? Long.parseLong(args[0]) : 1;
    long seconds = args.length > 1 ? Long.parseLong(args[1]) : 60;
    BorderPrograms programs = programs(seed);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() - end < 0) {
      test.proveAndRun(programs.next());
    }
    System.out.printf("%,d proven, %,d runs%n", test.proven, test.ran);
  }

  private static BorderPrograms programs(long seed) {
    return new BorderPrograms(
        RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(seed));
  }

  @Test
  void provenProgramsDoNotFault() {
    BorderPrograms programs = programs(30);
    for (int i = 0; i < 8_000; i++) {
      proveAndRun(programs.next());
    }
    assertThat(proven).isGreaterThan(200);
    assertThat(ran).isGreaterThan(1_000);
  }

  private void proveAndRun(Generated generated) {
    if (generated.type() != ProgType.SK_LOOKUP) {
      return;
    }
    List<BpfMap> bound = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      RuntimeMap map = maps.get(i);
      if (map == null && uses(generated, i)) {
        return;
      }
      bound.add(map == null ? maps.getFirst() : map);
    }
    RunnableProgram runnable;
    try {
      Verifier.kernel().verify(BorderFuzz.subject(generated, DEFS));
      proven++;
      runnable = world.load(program(generated, bound));
    } catch (VerifierException | UnsupportedException e) {
      return;
    }
    Link link = ns.attach(runnable);
    for (int i = 0; i < 8; i++) {
      fill();
      try {
        ns.lookup(tuple());
        ran++;
      } catch (ProgramFault fault) {
        throw new AssertionError(BorderFuzz.text(generated), fault);
      }
    }
    link.detach();
  }

  private static boolean uses(Generated generated, int map) {
    return generated.insns().toList().stream()
        .anyMatch(insn ->
            insn instanceof Insn.LoadImm64 load
                && (load.source() == PseudoLoad.MAP_IDX
                    || load.source() == PseudoLoad.MAP_IDX_VALUE)
                && load.low() == map);
  }

  private static Program program(Generated generated, List<BpfMap> maps) {
    List<Subprog> subprogs = new ArrayList<>();
    BorderFuzz.subject(generated, DEFS)
        .funcs()
        .forEach(f -> subprogs.add(new Subprog(f.name(), f.pc())));
    if (subprogs.isEmpty()) {
      subprogs.add(new Subprog("fuzz", 0));
    }
    return new Program(
        "fuzz", ProgType.SK_LOOKUP, generated.insns(), maps, subprogs, List.of(), "GPL");
  }

  /// Numbers at edges in the arrays and the hash.
  private void fill() {
    for (int i = 0; i < 3; i++) {
      MapSpec spec = BorderMaps.MAPS.get(i);
      for (int key = 0; key < spec.maxEntries() && key < 6; key++) {
        ByteBuffer index = ByteBuffer.allocate(spec.keySize()).order(ByteOrder.LITTLE_ENDIAN);
        index.putInt(0, key);
        ByteBuffer value = ByteBuffer.allocate(spec.valueSize()).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < spec.valueSize(); at += Long.BYTES) {
          value.putLong(at, edge());
        }
        maps.get(i).updateElem(index.array(), value.array(), 0);
      }
    }
  }

  private long edge() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt(128);
      case 2 -> -1L - random.nextInt(128);
      case 3 -> Long.MIN_VALUE + random.nextInt(3) - 1;
      case 4 -> (1L << 31) + random.nextInt(3) - 1;
      default -> (1L << random.nextInt(64)) - 1;
    };
  }

  private Tuple tuple() {
    boolean four = random.nextBoolean();
    IpAddr src = four ? IpAddr.parse("192.0.2.1") : IpAddr.parse("2001:db8::1");
    IpAddr dst = four ? IpAddr.parse("127.0.0.1") : IpAddr.parse("::1");
    Protocol protocol = random.nextBoolean() ? Protocol.TCP : Protocol.UDP;
    return new Tuple(
        protocol, src, new Port(random.nextInt(65536)), dst, new Port(random.nextInt(65536)), 0);
  }
}
