package io.bpf4j.platform;

import io.bpf4j.mem.Cpu;
import io.bpf4j.prog.BpfMap;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A row of the helper table.
///
/// @param id the number in a call instruction
/// @param name the uapi name: `bpf_map_lookup_elem`
/// @param args what R1 to R5 must be; at most five
/// @param ret what R0 becomes
/// @param gplOnly whether only programs under a GPL-compatible licence may call it
/// @param impl the implementation, [#SHAPE], or null when the row only names the helper
/// @param forMap for helpers whose first argument is a map: makes the implementation for one
///   constant map, [#MAP_SHAPE] (R2 to R5), or null when it has no shortcut for that map; may
///   itself be null
public record Helper(
    int id,
    String name,
    List<ArgType> args,
    RetType ret,
    boolean gplOnly,
    @Nullable MethodHandle impl,
    @Nullable ForMap forMap) {

  /// `(Cpu, R1, R2, R3, R4, R5)R0`.
  public static final MethodType SHAPE =
      MethodType.methodType(
          long.class, Cpu.class, long.class, long.class, long.class, long.class, long.class);

  /// `(Cpu, R2, R3, R4, R5)R0`.
  public static final MethodType MAP_SHAPE = SHAPE.dropParameterTypes(1, 2);

  /// Makes the form of a helper that serves one map.
  @FunctionalInterface
  public interface ForMap {
    @Nullable MethodHandle bind(BpfMap map);
  }

  public Helper {
    args = List.copyOf(args);
    if (args.size() > 5) {
      throw new IllegalArgumentException(name + ": more than five arguments");
    }
    if (impl != null) {
      impl = impl.asType(SHAPE);
    }
  }

  /// A row without a per-map form.
  public static Helper of(
      int id, String name, List<ArgType> args, RetType ret, @Nullable MethodHandle impl) {
    return new Helper(id, name, args, ret, false, impl, null);
  }
}
