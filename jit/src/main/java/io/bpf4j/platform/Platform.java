package io.bpf4j.platform;

import io.bpf4j.prog.ProgType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a host offers to programs: the three tables, and the layout of its sockets.
public final class Platform {
  /// Helper numbers that are found by index; uapi/linux/bpf.h ends at 211.
  private static final int INDEXED = 1024;

  private final List<ProgTypeInfo> progTypes;
  private final Map<Integer, Helper> helpers = new HashMap<>();
  private final @Nullable Helper[] byId = new @Nullable Helper[INDEXED];
  private final Map<Integer, MapTypeInfo> mapTypes = new HashMap<>();
  private final @Nullable CtxLayout sock;

  /// @param sock the layout of what a socket pointer shows, or null when there are no sockets
  public Platform(
      List<ProgTypeInfo> progTypes,
      List<Helper> helpers,
      List<MapTypeInfo> mapTypes,
      @Nullable CtxLayout sock) {
    this.progTypes = List.copyOf(progTypes);
    for (Helper helper : helpers) {
      this.helpers.put(helper.id(), helper);
      if (helper.id() >= 0 && helper.id() < INDEXED) {
        byId[helper.id()] = helper;
      }
    }
    mapTypes.forEach(m -> this.mapTypes.put(m.number(), m));
    this.sock = sock;
  }

  public List<ProgTypeInfo> progTypes() {
    return progTypes;
  }

  /// The row of a program type.
  ///
  /// @throws io.bpf4j.error.UnsupportedException when there is none
  public ProgTypeInfo progType(ProgType type) {
    return ProgTypeInfo.find(progTypes, type);
  }

  /// All helpers, in no order.
  public List<Helper> helpers() {
    return List.copyOf(helpers.values());
  }

  /// The helper with this id, or null.
  public @Nullable Helper helper(int id) {
    return id >= 0 && id < INDEXED ? byId[id] : helpers.get(id);
  }

  /// The map type with this number, or null.
  public @Nullable MapTypeInfo mapType(int number) {
    return mapTypes.get(number);
  }

  public @Nullable CtxLayout sock() {
    return sock;
  }
}
