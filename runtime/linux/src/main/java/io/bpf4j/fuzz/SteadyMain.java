package io.bpf4j.fuzz;

import io.bpf4j.engine.Engine;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.InsnDecoder;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// What a JVM does that [SteadyRuns] starts: runs each program many times over changing inputs, so
/// that C2 compiles it, checked or proved by turns, and compares every run with the interpreter's.
///
/// ```
/// in    NUMBER STACK HEX-OF-THE-PROGRAM
/// out   NUMBER ok | NUMBER INPUT words of the difference
/// ```
public final class SteadyMain {
  /// Runs of a program: C2 compiles after some 10,000.
  static final int RUNS = 20_000;

  /// How many inputs they go through.
  static final int INPUTS = 128;

  private SteadyMain() {}

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
    Writer out =
        new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8);
    EngineLane lane = new EngineLane();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      long number = Long.parseLong(words[0]);
      Case test =
          new Case(
              InsnDecoder.decode(HexFormat.of().parseHex(words[2])),
              input(number, 0),
              Integer.parseInt(words[1]));
      String answer = check(lane, test, number);
      out.write(number + " " + (answer == null ? "ok" : answer) + "\n");
      out.flush();
    }
  }

  /// One of the inputs that program `number` is run on.
  static Input input(long number, int index) {
    return Input.random(new SplittableRandom(number * INPUTS + index), true);
  }

  private static @Nullable String check(EngineLane lane, Case test, long number) {
    boolean maps = test.usesMaps();
    List<Input> inputs = new ArrayList<>();
    List<Outcome> expected = new ArrayList<>();
    for (int i = 0; i < INPUTS; i++) {
      Input input = input(number, i);
      inputs.add(input);
      expected.add(lane.run(Comparison.ENGINES.getFirst(), test.withInput(input), false));
    }
    RunnableProgram program;
    try {
      Engine engine =
          number / Fuzzer.STEADY_EVERY % 2 == 0
              ? Comparison.ENGINES.getLast()
              : Comparison.VERIFIED;
      program = lane.load(engine, test);
    } catch (RuntimeException e) {
      return "0 " + e;
    }
    for (int run = 0; run < RUNS; run++) {
      int i = run % INPUTS;
      lane.prepare(inputs.get(i), maps);
      String difference = lane.run(program, maps, 0).difference(expected.get(i));
      if (difference != null) {
        return "%d run %d: %s".formatted(i, run, difference.replaceAll("\\s+", " "));
      }
    }
    return null;
  }
}
