package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyMap;
import io.bpf4j.conformance.ToyPlatform;
import io.bpf4j.engine.Engine;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.ProgramFault;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.interp.Interpreter;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insns;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Runs a program on the interpreter and on the compiler, on the same CPU slot with the same
/// memory, and demands the same of both: R0 or the fault to the letter, what is left of the budget,
/// and every byte of memory and maps. What the stack held before differs, and must not matter.
final class Differential {
  private static final long FUEL = 300;
  private static final int MEMORY = 64;
  private static final int MAP_ENTRIES = 3;

  private final Machine machine = new Machine(new Interpreter("interp"));
  private final ToyMap writable = ToyMap.of("writable", MAP_ENTRIES);
  private final ToyMap readOnly = ToyMap.readOnly("readonly", MAP_ENTRIES);
  private final long memory = machine.memory(new byte[MEMORY]);
  private final Engine compiler;
  private int faults;
  private int results;

  Differential() {
    this(new JitEngine());
  }

  /// @param compiler is compared with the interpreter
  Differential(Engine compiler) {
    this.compiler = compiler;
  }

  /// What a run came to.
  ///
  /// @param end R0, or the fault's class, place and words
  private record Outcome(String end, long fuel, byte[] memory, byte[] maps) {
    boolean same(Outcome other) {
      return end.equals(other.end)
          && fuel == other.fuel
          && Arrays.equals(memory, other.memory)
          && Arrays.equals(maps, other.maps);
    }

    @Override
    public String toString() {
      return "%s, fuel %d, memory %s, maps %s"
          .formatted(end, fuel, Arrays.toString(memory), Arrays.toString(maps));
    }
  }

  int faults() {
    return faults;
  }

  int results() {
    return results;
  }

  private Program program(Insns insns, boolean typed) {
    return new Program(
        "random",
        typed ? ProgType.SOCKET_FILTER : ProgType.UNSPEC,
        insns,
        List.of(writable, readOnly),
        List.of(new Subprog("random", 0)),
        List.of(),
        "GPL");
  }

  /// Whether the compiler takes a typed program, which a verified one may not.
  boolean takes(Insns insns) {
    try {
      compiler.load(program(insns, true), ToyPlatform.PLATFORM, new EngineOptions(FUEL));
      return true;
    } catch (VerifierException | UnsupportedException e) {
      return false;
    }
  }

  /// Runs one program on both engines.
  void check(Insns insns, boolean typed, long seed) {
    Program program = program(insns, typed);
    Outcome expected = run(new Interpreter("interp"), program, typed, seed, 1);
    Outcome actual = run(compiler, program, typed, seed, 2);
    assertThat(actual.same(expected))
        .as("seed %d\nexpected %s\nbut was  %s\n%s", seed, expected, actual, listing(insns))
        .isTrue();
    if (expected.end().startsWith("r0")) {
      results++;
    } else {
      faults++;
    }
  }

  private static String listing(Insns insns) {
    StringBuilder text = new StringBuilder();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      text.append(pc).append(": ").append(Disassembler.text(insns, pc)).append('\n');
    }
    return text.toString();
  }

  private Outcome run(Engine engine, Program program, boolean typed, long seed, long junk) {
    Cpu cpu = machine.cpu();
    Random random = new Random(seed);
    fill(memory, MEMORY, random);
    fill(writable.value(0), MAP_ENTRIES * ToyMap.STRIDE, random);
    fill(readOnly.value(0), MAP_ENTRIES * ToyMap.STRIDE, random);
    fill(cpu.ctx(), Cpu.CTX_BYTES, random);
    Memory.putLong(cpu.ctx() + 8, machine.sock());
    long stack = (long) Cpu.FRAME_BYTES * Cpu.MAX_FRAMES;
    fill(cpu.stackTop() - stack, (int) stack, new Random(junk));
    RunnableProgram runnable = engine.load(program, ToyPlatform.PLATFORM, new EngineOptions(FUEL));
    String end;
    long fuel = 0;
    try {
      long r0 = runnable.run(cpu, typed ? cpu.ctx() : memory, typed ? 0 : MEMORY);
      end = "r0 = 0x" + Long.toHexString(r0);
      fuel = cpu.fuel();
    } catch (ProgramFault e) {
      end = "%s at %d: %s".formatted(e.getClass().getSimpleName(), e.pc(), e.getMessage());
    }
    byte[] maps = new byte[2 * MAP_ENTRIES * ToyMap.STRIDE];
    System.arraycopy(Memory.bytes(writable.value(0), maps.length / 2), 0, maps, 0, maps.length / 2);
    System.arraycopy(
        Memory.bytes(readOnly.value(0), maps.length / 2),
        0,
        maps,
        maps.length / 2,
        maps.length / 2);
    return new Outcome(end, fuel, Memory.bytes(memory, MEMORY), maps);
  }

  private static void fill(long address, int bytes, Random random) {
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    Memory.putBytes(address, content);
  }
}
