package io.bpf4j.conformance.family;

import io.bpf4j.conformance.family.Trial.Inputs;
import io.bpf4j.conformance.family.Trial.Probe;
import io.bpf4j.isa.Assembler;
import java.util.ArrayList;
import java.util.List;

/// Jumps as far as their fields reach: 16 bits for conditional jumps and `goto`, 32 bits for
/// `gotol`, of which a program fills little more than 16.
final class Distances {
  private static final int FAR = 40_000;

  private Distances() {}

  static List<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    for (String jump : List.of("if r4 == 0 goto", "if w4 s<= 0 goto", "goto", "gotol")) {
      int forward = jump.equals("gotol") ? FAR : Short.MAX_VALUE;
      int back = jump.equals("gotol") ? -FAR : Short.MIN_VALUE;
      trials.add(forward(jump, forward));
      trials.add(back(jump, back));
    }
    return trials;
  }

  private static Trial trial(
      String jump, int distance, StringBuilder source, long taken, long not) {
    String name = "%s pc%+d".formatted(jump, distance);
    source.append("*(u64 *)(r3 +48) = r0\nr0 = 0\nexit\n");
    Probe probe = new Probe("r0", Trial.RESULTS, (in, _) -> in.a() == 0 ? taken : not);
    List<Inputs> inputs = List.of(new Inputs(0, 0, 0, 0), new Inputs(1, 0, 0, 0));
    return new Trial(
        name,
        Assembler.assemble(source.toString()),
        Trial.RESULTS + 32,
        false,
        false,
        inputs,
        List.of(probe));
  }

  private static boolean conditional(String jump) {
    return jump.startsWith("if");
  }

  /// Counts the instructions that the jump leaves out when `a` is 0.
  private static Trial forward(String jump, int distance) {
    StringBuilder source = new StringBuilder("r3 = r1\nr4 = *(u64 *)(r3 +16)\nr0 = 0\n");
    if (!conditional(jump)) {
      source.append("if r4 != 0 goto pc+1\n");
    }
    source.append("%s pc%+d\n".formatted(jump, distance));
    source.append("r0 += 1\n".repeat(distance));
    return trial(jump, distance, source, 0, distance);
  }

  /// Counts instructions, then jumps back over them when `a` is 0, and from there at once to the
  /// end. Each time the jump's target is reached adds a million.
  private static Trial back(String jump, int distance) {
    StringBuilder source = new StringBuilder("r3 = r1\nr4 = *(u64 *)(r3 +16)\nr0 = 0\nr5 = 0\n");
    int target = 4;
    source.append("r5 += 1\nr0 += 1000000\nif r5 == 1 goto pc+1\ngotol end\n");
    int guards = conditional(jump) ? 0 : 1;
    int counted = target - 1 - distance - 8 - guards;
    source.append("r0 += 1\n".repeat(counted));
    source.append("if r4 != 0 goto pc+1\n".repeat(guards));
    source.append("%s pc%+d\n".formatted(jump, distance)).append("end: ");
    return trial(jump, distance, source, 2_000_000 + counted, 1_000_000 + counted);
  }
}
