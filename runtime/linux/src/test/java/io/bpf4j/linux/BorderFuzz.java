package io.bpf4j.linux;

import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.verifier.BorderMaps;
import io.bpf4j.verifier.BorderPrograms;
import io.bpf4j.verifier.BorderPrograms.Generated;
import io.bpf4j.verifier.FuncDef;
import io.bpf4j.verifier.MapDef;
import io.bpf4j.verifier.Subject;
import io.bpf4j.verifier.Verifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Compares verdicts on programs near the border with the live kernel's.
public final class BorderFuzz implements AutoCloseable {
  private final BorderPrograms programs;
  private final Verifier verifier = Verifier.kernel();
  private final Map<String, KernelMap> maps = new HashMap<>();
  private final List<MapDef> defs = BorderMaps.MAPS.stream().map(MapDef::of).toList();

  int accepted;
  int rejected;
  int unsupported;

  /// Programs that only this verifier accepts, with the kernel's reason.
  final List<String> falseAccepts = new ArrayList<>();

  /// Programs that only the kernel accepts, with our reason.
  final List<String> falseRejects = new ArrayList<>();

  BorderFuzz(long seed) {
    this.programs =
        new BorderPrograms(
            RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(seed));
  }

  /// Runs for a time: SEED SECONDS.
  public static void main(String[] args) {
    long seed = args.length > 0 ? Long.parseLong(args[0]) : 1;
    long seconds = args.length > 1 ? Long.parseLong(args[1]) : 60;
    try (BorderFuzz fuzz = new BorderFuzz(seed)) {
      long end = System.nanoTime() + seconds * 1_000_000_000L;
      while (System.nanoTime() - end < 0) {
        fuzz.next();
      }
      fuzz.falseAccepts.forEach(System.out::println);
      fuzz.falseRejects.forEach(System.out::println);
      System.out.println(fuzz);
    }
  }

  /// One more program.
  void next() {
    Generated program = programs.next();
    String reason = "";
    try {
      verifier.verify(subject(program, defs));
    } catch (VerifierException e) {
      reason = e.rule();
    } catch (UnsupportedException e) {
      unsupported++;
      return;
    }
    List<KernelMap> mine = BorderMaps.MAPS.stream().map(spec -> map(spec, program.type())).toList();
    LoadRequest request =
        LoadRequest.of("fuzz", program.type(), InsnEncoder.encode(program.insns()), mine);
    switch (KernelProg.tryLoad(request)) {
      case LoadResult.Loaded(KernelProg prog, String _) -> {
        prog.close();
        if (reason.isEmpty()) {
          accepted++;
        } else {
          falseRejects.add("we: " + reason + "\n" + text(program));
        }
      }
      case LoadResult.Refused refused -> {
        if (reason.isEmpty()) {
          falseAccepts.add("kernel: " + refused.refusal().getMessage() + "\n" + text(program));
        } else {
          rejected++;
        }
      }
    }
  }

  /// What is asked of the verifier: with the functions known when the program takes an address.
  static Subject subject(Generated program, List<MapDef> defs) {
    return new Subject(
        "fuzz",
        program.type(),
        program.insns(),
        defs,
        functions(program.insns()),
        List.of(),
        "GPL",
        0);
  }

  private static List<FuncDef> functions(Insns insns) {
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    boolean known = false;
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      if (insns.at(pc) instanceof Insn.CallLocal(int offset)) {
        starts.add(pc + 1 + offset);
      } else if (insns.at(pc) instanceof Insn.LoadImm64 load && load.source() == PseudoLoad.FUNC) {
        starts.add(pc + 1 + load.low());
        known = true;
      }
    }
    return known
        ? starts.stream().map(pc -> new FuncDef("f" + pc, pc, false, List.of(), true, "")).toList()
        : List.of();
  }

  /// An array of programs belongs to the first type that uses it.
  private KernelMap map(MapSpec spec, ProgType type) {
    String key = spec.type() == 3 ? spec.name() + " of " + type : spec.name();
    return maps.computeIfAbsent(key, _ -> KernelMap.create(spec));
  }

  static String text(Generated program) {
    StringBuilder out = new StringBuilder("; type: " + program.type().uapiName() + "\n");
    Insns insns = program.insns();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      out.append("  ").append(Disassembler.text(insns.at(pc))).append('\n');
    }
    return out.toString();
  }

  @Override
  public void close() {
    maps.values().forEach(KernelMap::close);
  }

  @Override
  public String toString() {
    return "%,d accepted, %,d rejected by both; %d false accepts, %d false rejects, %d unsupported"
        .formatted(accepted, rejected, falseAccepts.size(), falseRejects.size(), unsupported);
  }
}
