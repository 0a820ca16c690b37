package io.bpf4j.helper;

import static io.bpf4j.platform.ArgType.ANY;
import static io.bpf4j.platform.ArgType.CONST_MAP_PTR;
import static io.bpf4j.platform.ArgType.MAP_KEY;
import static io.bpf4j.platform.ArgType.MAP_VALUE;

import io.bpf4j.error.Errno;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.RetType;
import io.bpf4j.prog.BpfMap;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The helpers every map type answers in its own way. Each row has two implementations: one that
/// finds the map by the pointer in R1, and one made for a constant map, which the compiler can
/// inline down to the map's own code.
public final class MapHelpers {
  public static final int LOOKUP_ELEM = 1;
  public static final int UPDATE_ELEM = 2;
  public static final int DELETE_ELEM = 3;

  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();

  /// Rows 1 to 3.
  public static final List<Helper> ROWS =
      List.of(
          row(LOOKUP_ELEM, "lookup", RetType.MAP_VALUE_OR_NULL, MapHelpers::bindLookup, MAP_KEY),
          row(
              UPDATE_ELEM,
              "update",
              RetType.INTEGER,
              MapHelpers::bindUpdate,
              MAP_KEY,
              MAP_VALUE,
              ANY),
          row(DELETE_ELEM, "delete", RetType.INTEGER, MapHelpers::bindDelete, MAP_KEY));

  private MapHelpers() {}

  private static Helper row(
      int id, String method, RetType ret, Helper.ForMap forMap, ArgType... afterMap) {
    List<ArgType> args = new ArrayList<>(List.of(CONST_MAP_PTR));
    args.addAll(List.of(afterMap));
    return new Helper(
        id, HelperNames.nameOf(id), args, ret, false, FamilyMethod.find(HERE, method), forMap);
  }

  /// `void *bpf_map_lookup_elem(map, key)`: the value's address, or 0.
  static long lookup(Cpu cpu, long map, long key, long r3, long r4, long r5) {
    RuntimeMap live = RuntimeMap.ofPointer(map);
    return live == null ? 0 : live.lookup(cpu, key);
  }

  /// `long bpf_map_update_elem(map, key, value, flags)`: 0 or −errno; EINVAL for what is no map,
  /// EACCES for a map that programs may not write.
  static long update(Cpu cpu, long map, long key, long value, long flags, long r5) {
    RuntimeMap live = RuntimeMap.ofPointer(map);
    if (live == null) {
      return Errno.EINVAL.negated();
    }
    return live.programReadOnly() ? Errno.EACCES.negated() : live.update(cpu, key, value, flags);
  }

  /// `long bpf_map_delete_elem(map, key)`: 0 or −errno, as [#update].
  static long delete(Cpu cpu, long map, long key, long r3, long r4, long r5) {
    RuntimeMap live = RuntimeMap.ofPointer(map);
    if (live == null) {
      return Errno.EINVAL.negated();
    }
    return live.programReadOnly() ? Errno.EACCES.negated() : live.delete(cpu, key);
  }

  private static @Nullable MethodHandle bindLookup(BpfMap map) {
    return map instanceof RuntimeMap live
        ? MethodHandles.dropArguments(live.lookupHandle(), 2, long.class, long.class, long.class)
        : null;
  }

  private static @Nullable MethodHandle bindUpdate(BpfMap map) {
    return map instanceof RuntimeMap live && !live.programReadOnly()
        ? MethodHandles.dropArguments(live.updateHandle(), 4, long.class)
        : null;
  }

  private static @Nullable MethodHandle bindDelete(BpfMap map) {
    return map instanceof RuntimeMap live && !live.programReadOnly()
        ? MethodHandles.dropArguments(live.deleteHandle(), 2, long.class, long.class, long.class)
        : null;
  }
}
