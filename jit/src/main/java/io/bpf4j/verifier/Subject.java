package io.bpf4j.verifier;

import io.bpf4j.btf.Btf;
import io.bpf4j.isa.Insns;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.prog.LineInfo;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is to be proved: a linked program with what its maps and its BTF say.
///
/// @param name for messages
/// @param type its program type
/// @param insns its instructions; maps by index
/// @param maps the maps, by index
/// @param funcs its functions by ascending pc, as BTF describes them; empty without BTF
/// @param lines line info by ascending pc
/// @param license the licence string
/// @param flags load flags: [#STRICT_ALIGNMENT] …
public record Subject(
    String name,
    ProgType type,
    Insns insns,
    List<MapDef> maps,
    List<FuncDef> funcs,
    List<LineInfo> lines,
    String license,
    int flags) {
  /// BPF_F_STRICT_ALIGNMENT.
  public static final int STRICT_ALIGNMENT = 1;

  /// BPF_F_ANY_ALIGNMENT, which changes nothing where unaligned access is efficient.
  public static final int ANY_ALIGNMENT = 2;

  /// BPF_F_TEST_STATE_FREQ: a state is kept at every chance.
  public static final int TEST_STATE_FREQ = 8;

  private static final Set<String> GPL_COMPATIBLE =
      Set.of(
          "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL");

  public Subject {
    maps = List.copyOf(maps);
    funcs = List.copyOf(funcs);
    lines = List.copyOf(lines);
  }

  /// A bound program. Of its maps nothing is known that only BTF tells: they need not be from the
  /// object that the program is from.
  public static Subject of(Program program) {
    return new Subject(
        program.name(),
        program.type(),
        program.insns(),
        program.maps().stream().map(MapDef::of).toList(),
        BtfFuncs.of(program.subprogs(), program.type(), program.btf()),
        program.lines(),
        program.license(),
        0);
  }

  /// A program of an object, as the kernel would be asked to load it with the object's BTF.
  public static Subject of(BpfObject object, ProgSpec program, ProgType type) {
    Btf btf = object.btf();
    return new Subject(
        program.name(),
        type,
        program.insns(),
        program.maps().stream()
            .map(name -> MapDef.of(Objects.requireNonNull(object.map(name), name), btf))
            .toList(),
        BtfFuncs.of(program.subprogs(), type, btf),
        program.lines(),
        program.license(),
        0);
  }

  /// The same under load flags.
  public Subject withFlags(int loadFlags) {
    return new Subject(name, type, insns, maps, funcs, lines, license, loadFlags);
  }

  public boolean gplCompatible() {
    return GPL_COMPATIBLE.contains(license);
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /// The line that the instruction at `pc` came from, or null.
  @Nullable LineInfo lineAt(int pc) {
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
