package io.bpf4j.cli;

import io.bpf4j.elf.BpfObjectReader;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.sim.scenario.Nearest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The object that a command is about, and the programs it asks for.
final class ObjectInput {
  private ObjectInput() {}

  /// Reads a file, or standard input for a dash.
  ///
  /// @throws io.bpf4j.error.ElfFormatException when it is no object
  static BpfObject read(Io io, Path file) throws IOException {
    return file.toString().equals("-")
        ? BpfObjectReader.read("standard input", io.in().readAllBytes())
        : BpfObjectReader.read(file);
  }

  /// The program of this name, or all of them without a name.
  ///
  /// @throws UsageException when there is none
  static List<ProgSpec> programs(BpfObject object, @Nullable String name) {
    if (name == null) {
      return object.programs();
    }
    ProgSpec program = object.program(name);
    if (program == null) {
      List<String> known = object.programs().stream().map(ProgSpec::name).toList();
      throw new UsageException(
          "%s: no program '%s'%s".formatted(object.name(), name, Nearest.hint(name, known)));
    }
    return List.of(program);
  }

  /// The program of this name, or the only one.
  ///
  /// @throws UsageException when there is none, or more than one to choose from
  static ProgSpec oneProgram(BpfObject object, @Nullable String name) {
    List<ProgSpec> programs = programs(object, name);
    if (programs.isEmpty()) {
      throw new UsageException(object.name() + ": no program in it");
    }
    if (programs.size() > 1) {
      throw new UsageException(
          "%s: which of its %d programs? --prog names it"
              .formatted(object.name(), programs.size()));
    }
    return programs.getFirst();
  }
}
