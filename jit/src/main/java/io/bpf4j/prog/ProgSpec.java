package io.bpf4j.prog;

import io.bpf4j.btf.Btf;
import io.bpf4j.isa.Insns;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A program as an object holds it, linked: the functions it calls stand behind it, references to
/// maps are indices into `maps`, references to functions are distances.
///
/// @param name the entry function's symbol
/// @param section the ELF section it came from
/// @param type what the section name says it is; UNSPEC when it says nothing
/// @param insns entry function first, then the functions it reaches
/// @param maps names of the maps its [io.bpf4j.isa.PseudoLoad#MAP_IDX] loads refer to, by index
/// @param subprogs its functions by ascending pc, the entry first
/// @param lines line info by ascending pc; empty without BTF
/// @param license the object's licence string
/// @param problem why it cannot be used although the object could be read (an extern that nothing
///   provides, CO-RE without a target), or null
/// @param btf the object's types, which say what its functions take, or null
public record ProgSpec(
    String name,
    String section,
    ProgType type,
    Insns insns,
    List<String> maps,
    List<Subprog> subprogs,
    List<LineInfo> lines,
    String license,
    @Nullable String problem,
    @Nullable Btf btf) {

  public ProgSpec {
    maps = List.copyOf(maps);
    subprogs = List.copyOf(subprogs);
    lines = List.copyOf(lines);
  }

  /// A program of an object without BTF.
  public ProgSpec(
      String name,
      String section,
      ProgType type,
      Insns insns,
      List<String> maps,
      List<Subprog> subprogs,
      List<LineInfo> lines,
      String license,
      @Nullable String problem) {
    this(name, section, type, insns, maps, subprogs, lines, license, problem, null);
  }
}
