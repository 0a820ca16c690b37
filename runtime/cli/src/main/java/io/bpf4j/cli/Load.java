package io.bpf4j.cli;

import io.bpf4j.isa.Insn;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What an object holds.
@CommandLine.Command(
    name = "load",
    description =
        "Shows what is in an object: programs, maps, global data, relocations, licence, types, and"
            + " the helpers that are called.")
final class Load extends Command {
  private static final long HIGH = 0xffff_ffff_0000_0000L;

  @Parameters(
      paramLabel = "OBJ.o",
      description = "An object that clang built; - is standard input.")
  private Path file = Path.of("-");

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(names = "--prog", paramLabel = "NAME", description = "Only this program.")
  private @Nullable String prog;

  @Option(
      names = "--insns",
      paramLabel = "FILE",
      description =
          "Write the program's instructions, linked and relocated, as records of 8 bytes; loads of"
              + " maps have the form that takes a file descriptor, which is 0.")
  private @Nullable Path insns;

  Load(Io io) {
    super(io);
  }

  @Override
  public Integer call() throws IOException {
    BpfObject object = ObjectInput.read(io(), file);
    if (insns != null) {
      return write(ObjectInput.oneProgram(object, prog), insns);
    }
    List<ProgSpec> programs = ObjectInput.programs(object, prog);
    if (json) {
      Json.write(io(), ObjectDocument.of(object, programs));
    } else {
      new ObjectSummary(io().out(), object).print(programs);
    }
    return ExitCode.OK;
  }

  /// A program that cannot be linked in full is written as far as it goes, and the answer is
  /// negative.
  private int write(ProgSpec program, Path to) throws IOException {
    byte[] bytes = InsnEncoder.encode(withoutMaps(program.insns()));
    if (to.toString().equals("-")) {
      io().out().write(bytes);
      io().out().flush();
    } else {
      Files.write(to, bytes);
    }
    if (program.problem() != null) {
      io().complain("bpf4j load: prog '%s': %s".formatted(program.name(), program.problem()));
      return ExitCode.NEGATIVE;
    }
    return ExitCode.OK;
  }

  private static Insns withoutMaps(Insns insns) {
    return Insns.of(insns.toList().stream().map(Load::withoutMap).toList());
  }

  private static Insn withoutMap(Insn insn) {
    if (!(insn instanceof Insn.LoadImm64 load)) {
      return insn;
    }
    return switch (load.source()) {
      case MAP_IDX -> new Insn.LoadImm64(load.dst(), PseudoLoad.MAP_FD, 0);
      case MAP_IDX_VALUE -> new Insn.LoadImm64(load.dst(), PseudoLoad.MAP_VALUE, load.imm() & HIGH);
      default -> insn;
    };
  }
}
