package io.bpf4j.prog;

import io.bpf4j.error.BindException;
import io.bpf4j.isa.Insns;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A program whose maps are bound: what an engine runs.
///
/// @param name for messages
/// @param type its type; UNSPEC for a bare instruction sequence, which gets the address of its
///   memory in R1 and the length in R2
/// @param insns the linked instructions
/// @param maps the maps of its MAP_IDX loads, by index
/// @param subprogs its functions by ascending pc, the entry first
/// @param lines line info by ascending pc
/// @param license the licence string
public record Program(
    String name,
    ProgType type,
    Insns insns,
    List<BpfMap> maps,
    List<Subprog> subprogs,
    List<LineInfo> lines,
    String license) {

  public Program {
    maps = List.copyOf(maps);
    subprogs = List.copyOf(subprogs);
    lines = List.copyOf(lines);
  }

  /// A bare instruction sequence with no type, maps or functions named.
  public static Program raw(String name, Insns insns) {
    return new Program(
        name, ProgType.UNSPEC, insns, List.of(), List.of(new Subprog(name, 0)), List.of(), "");
  }

  /// The same program as another type.
  public Program as(ProgType other) {
    return new Program(name, other, insns, maps, subprogs, lines, license);
  }

  /// Binds a spec to live maps, found by name.
  ///
  /// @throws BindException when a map is missing, or the spec itself has a problem
  public static Program bind(ProgSpec spec, Map<String, ? extends BpfMap> maps) {
    if (spec.problem() != null) {
      throw new BindException("prog '" + spec.name() + "'", spec.problem());
    }
    List<BpfMap> bound = spec.maps().stream().map(name -> find(spec, maps, name)).toList();
    return new Program(
        spec.name(),
        spec.type(),
        spec.insns(),
        bound,
        spec.subprogs(),
        spec.lines(),
        spec.license());
  }

  private static BpfMap find(ProgSpec spec, Map<String, ? extends BpfMap> maps, String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new BindException("prog '" + spec.name() + "'", "map '" + name + "' is not given");
    }
    return map;
  }

  /// The line that the instruction at `pc` came from, or null.
  public @Nullable LineInfo lineAt(int pc) {
    LineInfo found = null;
    for (LineInfo line : lines) {
      if (line.pc() > pc) {
        break;
      }
      found = line;
    }
    return found;
  }
}
