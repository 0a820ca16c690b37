package io.bpf4j.codegen;

import io.bpf4j.engine.Bound;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.ArgType;
import io.bpf4j.platform.Helper;
import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.platform.RetType;
import io.bpf4j.prog.BpfMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What generated code may take for granted about the values of a program's maps.
final class MapShapes {
  static final String LOOKUP = "bpf_map_lookup_elem";

  /// A map's values.
  ///
  /// @param cell bytes of each value
  /// @param writable whether programs may store there
  /// @param region where they all are, when that is one place for every CPU, or null
  record Shape(long cell, boolean writable, @Nullable Region region) {}

  private final Bound bound;
  private final List<BpfMap> maps;
  private final List<@Nullable Shape> shapes = new ArrayList<>();

  MapShapes(Bound bound) {
    this.bound = bound;
    this.maps = bound.program().maps();
    maps.forEach(map -> shapes.add(shape(map)));
  }

  private static @Nullable Shape shape(BpfMap map) {
    // What a value is does not depend on the CPU, only where it is does.
    List<Region> regions = map.valueRegions(0);
    if (regions.isEmpty()) {
      return null;
    }
    long cell = Long.MAX_VALUE;
    boolean writable = true;
    for (Region region : regions) {
      cell = Math.min(cell, region.cellSize());
      writable &= region.writable();
    }
    boolean one = regions.size() == 1 && !map.perCpu();
    return new Shape(cell, writable, one ? regions.getFirst() : null);
  }

  BpfMap map(int index) {
    return maps.get(index);
  }

  /// The shape of a map's values, or null when programs cannot look inside.
  @Nullable Shape of(int map) {
    return shapes.get(map);
  }

  /// Whether `[offset, offset + size)` lies inside every value of the map.
  boolean inside(int map, long offset, long size) {
    Shape shape = shapes.get(map);
    return shape != null && offset >= 0 && offset <= shape.cell() - size;
  }

  /// Whether a wide load's direct address is that of a value's start, so that offsets count from
  /// there.
  boolean direct(int map) {
    Shape shape = shapes.get(map);
    long address = maps.get(map).directValueAddress();
    return shape != null
        && shape.region() != null
        && address != 0
        && shape.region().holds(address, shape.region().cellSize());
  }

  /// Whether the helper takes the map, as [io.bpf4j.engine.Checks#checkArguments] asks.
  boolean takes(Helper helper, int map) {
    MapTypeInfo type = bound.platform().mapType(maps.get(map).spec().type());
    return type == null || type.helpers().contains(helper.id());
  }

  /// Whether the map's values are bytes, not sockets, maps or programs.
  boolean holdsBytes(int map) {
    MapTypeInfo type = bound.platform().mapType(maps.get(map).spec().type());
    return type == null || type.values() == MapTypeInfo.Values.BYTES;
  }

  /// Whether the helper, called for this map, answers the start of one of the map's values as the
  /// calling CPU sees it, or 0. Of per-CPU maps only the plain lookup does.
  boolean looksUp(Helper helper, int map) {
    return helper.ret() == RetType.MAP_VALUE_OR_NULL
        && (!maps.get(map).perCpu() || helper.name().equals(LOOKUP))
        && !helper.args().isEmpty()
        && helper.args().getFirst() == ArgType.CONST_MAP_PTR
        && takes(helper, map)
        && holdsBytes(map)
        && shapes.get(map) != null;
  }
}
