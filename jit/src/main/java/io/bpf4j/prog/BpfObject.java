package io.bpf4j.prog;

import io.bpf4j.btf.Btf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an object file holds, as plain data: nothing is created by reading it.
///
/// @param name for messages: the file's name
/// @param license the `license` section, or an empty string
/// @param programs in the order of their sections and places in them
/// @param maps explicit maps and those of the data sections
/// @param globals variables in the data sections, by section and offset
/// @param relocations of the code, by section and offset
/// @param btf the object's types, or null
public record BpfObject(
    String name,
    String license,
    List<ProgSpec> programs,
    List<MapSpec> maps,
    List<GlobalVar> globals,
    List<Relocation> relocations,
    @Nullable Btf btf) {
  public BpfObject {
    programs = List.copyOf(programs);
    maps = List.copyOf(maps);
    globals = List.copyOf(globals);
    relocations = List.copyOf(relocations);
  }

  /// An object without global variables and relocations.
  public BpfObject(
      String name, String license, List<ProgSpec> programs, List<MapSpec> maps, @Nullable Btf btf) {
    this(name, license, programs, maps, List.of(), List.of(), btf);
  }

  /// The program with this name, or null.
  public @Nullable ProgSpec program(String name) {
    return programs.stream().filter(p -> p.name().equals(name)).findFirst().orElse(null);
  }

  /// The map with this name, or null.
  public @Nullable MapSpec map(String name) {
    return maps.stream().filter(m -> m.name().equals(name)).findFirst().orElse(null);
  }
}
