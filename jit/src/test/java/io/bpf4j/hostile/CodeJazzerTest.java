package io.bpf4j.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.bpf4j.Engines;
import io.bpf4j.btf.Btf;
import io.bpf4j.btf.ByteSpan;
import io.bpf4j.btf.Placement;
import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.error.BpfException;
import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.InsnDecoder;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.platform.Platform;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Program;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/// Objects, BTF, instructions and assembly from whoever: fuzzed for long with `mvn -P fuzz`; in
/// every build run on the samples, on what Jazzer found, and on some hundred damaged inputs.
class CodeJazzerTest {
  private static final Path SAMPLES = Path.of("..", "samples");
  private static final Platform NOTHING = new Platform(List.of(), List.of(), List.of(), null);
  private static final EngineOptions SHORT = new EngineOptions(1000);
  private static final int MEMORY = 64;
  private static final int LONGEST = 20_000;

  private static byte[][] files() throws IOException {
    try (Stream<Path> files = Files.walk(SAMPLES, 2)) {
      List<Path> objects = files.filter(f -> f.toString().endsWith(".bpf.o")).sorted().toList();
      byte[][] all = new byte[objects.size()][];
      for (int i = 0; i < all.length; i++) {
        all[i] = Files.readAllBytes(objects.get(i));
      }
      return all;
    }
  }

  private static Stream<BpfObject> samples() throws IOException {
    return Arrays.stream(files()).map(bytes -> BpfObjectReader.read("sample", bytes));
  }

  /// Each input, and some that were made from it.
  private static void damaged(int count, Stream<byte[]> inputs, Consumer<byte[]> reader) {
    Survival.damaged(count, inputs.toArray(byte[][]::new)).forEach(reader);
  }

  static Stream<byte[]> objects() throws IOException {
    return Stream.of(files());
  }

  @Test
  void damagedTypesAreReadOrRefused() throws IOException {
    damaged(100, types(), this::typesAreReadOrRefused);
  }

  @Test
  void damagedInstructionsAreDecodedOrRefused() throws IOException {
    damaged(20, instructions(), this::instructionsAreDecodedOrRefused);
  }

  @Test
  void damagedAssemblyIsReadOrRefused() throws IOException {
    damaged(40, assembly(), this::assemblyIsReadOrRefused);
  }

  @MethodSource("objects")
  @FuzzTest(maxDuration = "10m")
  void objectsAreReadOrRefused(byte[] bytes) {
    Survival.check(() -> walk(BpfObjectReader.read("fuzz.o", bytes)), List.of(BpfException.class));
  }

  private static void walk(BpfObject object) {
    for (ProgSpec program : object.programs()) {
      Survival.hold(program.insns().size() > 0, "a program without instructions");
      String problem = program.problem();
      if (problem != null) {
        Survival.line(problem);
      }
      program.lines().forEach(line -> Survival.hold(!line.place().isEmpty(), "no place"));
    }
    Btf btf = object.btf();
    if (btf != null) {
      walk(btf);
    }
  }

  private static void walk(Btf btf) {
    for (int id = 0; id < btf.size(); id++) {
      Survival.hold(!btf.spelling(id).contains("\n"), "a type of two lines");
      Survival.hold(btf.sizeOf(id) >= 0, "a type of negative size");
      btf.fields(id);
      btf.resolved(id);
    }
  }

  /// The `.BTF` sections of the samples: from the magic on.
  static Stream<byte[]> types() throws IOException {
    return Arrays.stream(files())
        .map(file -> {
          int at = 0;
          while (at + 8 < file.length && !magic(file, at)) {
            at += 4;
          }
          return Arrays.copyOfRange(file, at, Math.min(file.length, at + 4000));
        });
  }

  private static boolean magic(byte[] file, int at) {
    byte[] magic = {(byte) 0x9f, (byte) 0xeb, 1, 0};
    return Arrays.equals(file, at, at + 4, magic, 0, 4);
  }

  @MethodSource("types")
  @FuzzTest(maxDuration = "10m")
  void typesAreReadOrRefused(byte[] bytes) {
    Survival.check(
        () -> walk(Btf.read(ByteSpan.of("fuzz", bytes), null, Placement.NONE)),
        List.of(BpfException.class));
  }

  static Stream<byte[]> instructions() throws IOException {
    return samples()
        .flatMap(object -> object.programs().stream())
        .map(program -> InsnEncoder.encode(program.insns()));
  }

  /// What can be decoded is encoded to the same bytes, said and read back as the same, and does the
  /// same on the interpreter and the compiler.
  @MethodSource("instructions")
  @FuzzTest(maxDuration = "10m")
  void instructionsAreDecodedOrRefused(byte[] bytes) {
    byte[] code = Arrays.copyOf(bytes, Math.min(bytes.length, LONGEST));
    Survival.check(
        () -> {
          Insns insns = InsnDecoder.decode(code);
          Survival.hold(Arrays.equals(code, InsnEncoder.encode(insns)), "other bytes");
          Survival.hold(insns.equals(Assembler.assemble(text(insns))), "other text");
          try (Arena arena = Arena.ofConfined()) {
            Cpu cpu = new Cpu(0);
            cpu.memory(arena.allocate(MEMORY, 8).address(), MEMORY);
            String plain = outcome("interp", insns, cpu);
            String compiled = outcome("checked-jit", insns, cpu);
            Survival.hold(plain.equals(compiled), plain + " and compiled " + compiled);
          }
        },
        List.of(BpfException.class));
  }

  private static String text(Insns insns) {
    StringBuilder text = new StringBuilder();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      text.append(Disassembler.text(insns, pc)).append('\n');
    }
    return text.toString();
  }

  private static String outcome(String engine, Insns insns, Cpu cpu) {
    Memory.zero(cpu.memBase(), MEMORY);
    String result;
    try {
      Program program = Program.raw("fuzz", insns);
      result =
          Long.toHexString(
              Engines.named(engine)
                  .load(program, NOTHING, SHORT)
                  .run(cpu, cpu.memBase(), cpu.memLength()));
    } catch (BpfException e) {
      result = Objects.toString(e.getMessage());
      Survival.line(result);
    }
    return result + " " + Arrays.toString(Memory.bytes(cpu.memBase(), MEMORY));
  }

  static Stream<byte[]> assembly() throws IOException {
    return samples()
        .flatMap(object -> object.programs().stream())
        .map(program -> text(program.insns()).getBytes(UTF_8));
  }

  @MethodSource("assembly")
  @FuzzTest(maxDuration = "10m")
  void assemblyIsReadOrRefused(byte[] bytes) {
    String text = new String(bytes, 0, Math.min(bytes.length, LONGEST), UTF_8);
    Survival.check(
        () -> {
          Insns insns = Assembler.assemble(text);
          byte[] code = InsnEncoder.encode(insns);
          Survival.hold(insns.equals(InsnDecoder.decode(code)), "other instructions");
        },
        List.of(BpfException.class));
  }
}
