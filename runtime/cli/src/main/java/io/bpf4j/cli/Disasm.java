package io.bpf4j.cli;

import io.bpf4j.Engines;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.error.VerifierException;
import io.bpf4j.helper.HelperNames;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.map.Maps;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.netns.LinuxPlatform;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.MapSpec;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The instructions of an object's programs, and what the compiler makes of them.
@CommandLine.Command(
    name = "disasm",
    description = "Shows the instructions of programs in the kernel's spelling.")
final class Disasm extends Command {
  @Parameters(
      paramLabel = "OBJ.o",
      description = "An object that clang built; - is standard input.")
  private Path file = Path.of("-");

  @Option(names = "--prog", paramLabel = "NAME", description = "Only this program.")
  private @Nullable String prog;

  @Option(names = "--source", description = "Print the C lines between the instructions.")
  private boolean source;

  @Option(
      names = "--jvm",
      description = "Print the JVM bytecode instead, and what the compiler reports of its methods.")
  private boolean jvm;

  Disasm(Io io) {
    super(io);
  }

  @Override
  public Integer call() throws IOException {
    BpfObject object = ObjectInput.read(io(), file);
    String separator = "";
    for (ProgSpec program : ObjectInput.programs(object, prog)) {
      io().out().print(separator);
      separator = System.lineSeparator();
      if (jvm) {
        printCompiled(object, program);
      } else {
        print(program);
      }
    }
    return ExitCode.OK;
  }

  private void print(ProgSpec program) {
    PrintStream out = io().out();
    out.printf(
        "; %s, section '%s', %,d insns%n",
        program.type().uapiName(), program.section(), program.insns().size());
    if (program.problem() != null) {
      out.printf("; problem: %s%n", program.problem());
    }
    Map<Integer, String> functions = new TreeMap<>();
    program.subprogs().forEach(f -> functions.put(f.pc(), f.name()));
    Map<Integer, LineInfo> lines = new HashMap<>();
    if (source) {
      program.lines().forEach(line -> lines.put(line.pc(), line));
    }
    Insns insns = program.insns();
    for (int pc = 0; pc < insns.size(); pc = insns.next(pc)) {
      String function = functions.get(pc);
      if (function != null) {
        out.println(function + ":");
      }
      LineInfo line = lines.get(pc);
      if (line != null) {
        out.printf("; %s: %s%n", line.place(), line.text().strip());
      }
      Insn insn = insns.at(pc);
      out.printf(
          "%4d: %s%s%n", pc, Disassembler.text(insn, HelperNames::nameOf), note(program, insn, pc));
    }
  }

  /// What a number in the instruction stands for.
  private static String note(ProgSpec program, Insn insn, int pc) {
    String name =
        switch (insn) {
          case Insn.LoadImm64 load when load.source() == PseudoLoad.MAP_IDX ->
              program.maps().get(load.low());
          case Insn.LoadImm64 load when load.source() == PseudoLoad.MAP_IDX_VALUE ->
              "%s%+d".formatted(program.maps().get(load.low()), load.high());
          case Insn.LoadImm64 load when load.source() == PseudoLoad.FUNC ->
              functionAt(program, pc + 1 + load.low());
          case Insn.CallLocal(int distance) -> functionAt(program, pc + 1 + distance);
          default -> "";
        };
    return name.isEmpty() ? "" : "  ; " + name;
  }

  private static String functionAt(ProgSpec program, int pc) {
    return program.subprogs().stream()
        .filter(f -> f.pc() == pc)
        .map(Subprog::name)
        .findFirst()
        .orElse("");
  }

  /// As `run` would: verified if it can be, else checked.
  private CompileReport compile(Program program) {
    try {
      return Engines.named("jit")
          .load(program, LinuxPlatform.PLATFORM, EngineOptions.DEFAULT)
          .report();
    } catch (VerifierException | UnsupportedException e) {
      io().complain("bpf4j disasm: not verified, so compiled with checks: " + e.getMessage());
      return Engines.named("checked-jit")
          .load(program, LinuxPlatform.PLATFORM, EngineOptions.DEFAULT)
          .report();
    }
  }

  /// Maps are made for the compiler to refer to, and thrown away.
  private void printCompiled(BpfObject object, ProgSpec program) {
    Map<String, RuntimeMap> maps = new HashMap<>();
    for (String name : program.maps()) {
      MapSpec spec = object.map(name);
      if (spec != null) {
        maps.put(name, Maps.create(spec, 1));
      }
    }
    CompileReport report = compile(Program.bind(program, maps));
    PrintStream out = io().out();
    out.printf(
        "%s: engine %s, memory by %s, %,d insns, %.1f ms%n",
        program.name(),
        report.engine(),
        report.backend(),
        program.insns().size(),
        report.nanos() / 1e6);
    for (CompileReport.Method method : report.methods()) {
      out.printf(
          "  %-24s %,6d of 8,000 bytes, insns %d to %d, %s%n",
          method.name(), method.bytes(), method.firstPc(), method.endPc() - 1, method.why());
    }
    List<byte[]> classes = report.classFile();
    classes.forEach(new JvmListing(out)::print);
  }
}
