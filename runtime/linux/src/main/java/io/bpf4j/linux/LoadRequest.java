package io.bpf4j.linux;

import io.bpf4j.error.BindException;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.prog.ProgSpec;
import io.bpf4j.prog.ProgType;
import io.bpf4j.prog.Program;
import io.bpf4j.prog.Subprog;
import java.util.List;
import java.util.Map;

/// What BPF_PROG_LOAD is asked for.
///
/// @param name for messages, and as the kernel cuts it, for its lists
/// @param type the program type
/// @param insns the encoded instructions
/// @param maps the maps of MAP_IDX and MAP_IDX_VALUE loads, by index: the kernel resolves them
///   itself (`fd_array`, since Linux 5.14)
/// @param subprogs the functions by ascending pc; names of those that a FUNC load refers to
/// @param license `GPL` opens all helpers
/// @param attachType `expected_attach_type`
/// @param flags `prog_flags` (`BPF_F_*`)
/// @param logLevel 0: no log unless the program is refused; 1: the log of the verifier's paths; 2:
///   with every state; 4: statistics alone
public record LoadRequest(
    String name,
    ProgType type,
    byte[] insns,
    List<KernelMap> maps,
    List<Subprog> subprogs,
    String license,
    int attachType,
    int flags,
    int logLevel) {
  /// `enum bpf_attach_type`: BPF_SK_LOOKUP.
  static final int SK_LOOKUP = 36;

  private static final int BPF_F_SLEEPABLE = 1 << 4;

  public LoadRequest {
    maps = List.copyOf(maps);
    subprogs = List.copyOf(subprogs);
    if (insns.length % Long.BYTES != 0) {
      throw new IllegalArgumentException(insns.length + " bytes are no whole instructions");
    }
  }

  /// Encoded instructions of a type, under a GPL licence.
  public static LoadRequest of(String name, ProgType type, byte[] insns, List<KernelMap> maps) {
    return new LoadRequest(
        name, type, insns, maps, List.of(), "GPL", attachType(type), flags(type), 0);
  }

  /// A program as an object holds it, its maps found by name.
  ///
  /// @throws BindException when a map is missing, or the spec itself has a problem
  public static LoadRequest of(ProgSpec spec, Map<String, KernelMap> maps) {
    String thing = "prog '" + spec.name() + "'";
    String problem = spec.problem();
    if (problem != null) {
      throw new BindException(thing, problem);
    }
    List<KernelMap> bound =
        spec.maps().stream()
            .map(name -> {
              KernelMap map = maps.get(name);
              if (map == null) {
                throw new BindException(thing, "map '" + name + "' is not given");
              }
              return map;
            })
            .toList();
    return of(spec.name(), spec.type(), InsnEncoder.encode(spec.insns()), bound)
        .withSubprogs(spec.subprogs())
        .withLicense(spec.license());
  }

  /// A program that is bound to maps of ours, with maps of the kernel in their places.
  public static LoadRequest of(Program program, List<KernelMap> maps) {
    if (maps.size() != program.maps().size()) {
      throw new BindException(
          "prog '" + program.name() + "'",
          "%d maps are given, it has %d".formatted(maps.size(), program.maps().size()));
    }
    return of(program.name(), program.type(), InsnEncoder.encode(program.insns()), maps)
        .withSubprogs(program.subprogs())
        .withLicense(program.license());
  }

  /// What the type cannot be loaded without (`bpf_prog_load_check_attach`).
  private static int attachType(ProgType type) {
    return type == ProgType.SK_LOOKUP ? SK_LOOKUP : 0;
  }

  private static int flags(ProgType type) {
    return type == ProgType.SYSCALL ? BPF_F_SLEEPABLE : 0;
  }

  public LoadRequest withSubprogs(List<Subprog> subprogs) {
    return new LoadRequest(name, type, insns, maps, subprogs, license, attachType, flags, logLevel);
  }

  public LoadRequest withLicense(String license) {
    return new LoadRequest(name, type, insns, maps, subprogs, license, attachType, flags, logLevel);
  }

  public LoadRequest withAttachType(int attachType) {
    return new LoadRequest(name, type, insns, maps, subprogs, license, attachType, flags, logLevel);
  }

  /// Adds flags to those the type needs.
  public LoadRequest withFlags(int more) {
    return new LoadRequest(
        name, type, insns, maps, subprogs, license, attachType, flags | more, logLevel);
  }

  public LoadRequest withLogLevel(int logLevel) {
    return new LoadRequest(name, type, insns, maps, subprogs, license, attachType, flags, logLevel);
  }
}
