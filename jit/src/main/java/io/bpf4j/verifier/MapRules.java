package io.bpf4j.verifier;

import java.util.Map;
import java.util.Set;

/// Which helpers go with which map types (kernel/bpf/verifier.c, check_map_func_compatibility), and
/// what else depends on a map's type.
final class MapRules {
  static final int HASH = 1;
  static final int ARRAY = 2;
  static final int PROG_ARRAY = 3;
  static final int PERF_EVENT_ARRAY = 4;
  static final int PERCPU_HASH = 5;
  static final int PERCPU_ARRAY = 6;
  static final int STACK_TRACE = 7;
  static final int CGROUP_ARRAY = 8;
  static final int LRU_HASH = 9;
  static final int LRU_PERCPU_HASH = 10;
  static final int ARRAY_OF_MAPS = 12;
  static final int HASH_OF_MAPS = 13;
  static final int DEVMAP = 14;
  static final int SOCKMAP = 15;
  static final int CPUMAP = 16;
  static final int XSKMAP = 17;
  static final int SOCKHASH = 18;
  static final int REUSEPORT_SOCKARRAY = 20;
  static final int QUEUE = 22;
  static final int STACK = 23;
  static final int SK_STORAGE = 24;
  static final int DEVMAP_HASH = 25;
  static final int STRUCT_OPS = 26;
  static final int RINGBUF = 27;
  static final int BLOOM_FILTER = 30;
  static final int USER_RINGBUF = 31;
  static final int ARENA = 33;

  private static final Set<Integer> SOCKET_MAP_HELPERS =
      Set.of(
          Helpers.MAP_LOOKUP_ELEM,
          Helpers.MAP_UPDATE_ELEM,
          Helpers.MAP_DELETE_ELEM,
          Helpers.SK_SELECT_REUSEPORT);
  private static final Set<Integer> DEVICE_HELPERS =
      Set.of(Helpers.REDIRECT_MAP, Helpers.MAP_LOOKUP_ELEM);
  private static final Set<Integer> QUEUE_HELPERS =
      Set.of(Helpers.MAP_PEEK_ELEM, Helpers.MAP_POP_ELEM, Helpers.MAP_PUSH_ELEM);

  /// Types that only take these helpers; the types not here take every other map helper.
  private static final Map<Integer, Set<Integer>> BY_TYPE =
      Map.ofEntries(
          Map.entry(PROG_ARRAY, Set.of(Helpers.TAIL_CALL)),
          Map.entry(
              PERF_EVENT_ARRAY,
              Set.of(
                  Helpers.PERF_EVENT_READ,
                  Helpers.PERF_EVENT_OUTPUT,
                  Helpers.PERF_EVENT_READ_VALUE)),
          Map.entry(
              RINGBUF,
              Set.of(Helpers.RINGBUF_OUTPUT, Helpers.RINGBUF_RESERVE, Helpers.RINGBUF_QUERY, 198)),
          Map.entry(USER_RINGBUF, Set.of(Helpers.USER_RINGBUF_DRAIN)),
          Map.entry(STACK_TRACE, Set.of()),
          Map.entry(
              CGROUP_ARRAY, Set.of(Helpers.SKB_UNDER_CGROUP, Helpers.CURRENT_TASK_UNDER_CGROUP)),
          Map.entry(19, Set.of()),
          Map.entry(21, Set.of()),
          Map.entry(DEVMAP, DEVICE_HELPERS),
          Map.entry(DEVMAP_HASH, DEVICE_HELPERS),
          Map.entry(XSKMAP, DEVICE_HELPERS),
          Map.entry(CPUMAP, Set.of(Helpers.REDIRECT_MAP)),
          Map.entry(ARRAY_OF_MAPS, Set.of(Helpers.MAP_LOOKUP_ELEM)),
          Map.entry(HASH_OF_MAPS, Set.of(Helpers.MAP_LOOKUP_ELEM)),
          Map.entry(SOCKMAP, SOCKET_MAP_HELPERS),
          Map.entry(SOCKHASH, SOCKET_MAP_HELPERS),
          Map.entry(REUSEPORT_SOCKARRAY, Set.of(Helpers.SK_SELECT_REUSEPORT)),
          Map.entry(QUEUE, QUEUE_HELPERS),
          Map.entry(STACK, QUEUE_HELPERS),
          Map.entry(SK_STORAGE, Set.of(Helpers.SK_STORAGE_GET, Helpers.SK_STORAGE_DELETE)),
          Map.entry(28, Set.of()),
          Map.entry(29, Set.of()),
          Map.entry(32, Set.of()),
          Map.entry(BLOOM_FILTER, Set.of(Helpers.MAP_PEEK_ELEM, Helpers.MAP_PUSH_ELEM)));

  /// Helpers that only take these types.
  private static final Map<Integer, Set<Integer>> BY_HELPER =
      Map.ofEntries(
          Map.entry(Helpers.TAIL_CALL, Set.of(PROG_ARRAY)),
          Map.entry(Helpers.PERF_EVENT_READ, Set.of(PERF_EVENT_ARRAY)),
          Map.entry(Helpers.PERF_EVENT_OUTPUT, Set.of(PERF_EVENT_ARRAY)),
          Map.entry(Helpers.PERF_EVENT_READ_VALUE, Set.of(PERF_EVENT_ARRAY)),
          Map.entry(Helpers.RINGBUF_OUTPUT, Set.of(RINGBUF)),
          Map.entry(Helpers.RINGBUF_RESERVE, Set.of(RINGBUF)),
          Map.entry(Helpers.RINGBUF_QUERY, Set.of(RINGBUF)),
          Map.entry(Helpers.USER_RINGBUF_DRAIN, Set.of(USER_RINGBUF)),
          Map.entry(Helpers.SKB_UNDER_CGROUP, Set.of(CGROUP_ARRAY)),
          Map.entry(Helpers.CURRENT_TASK_UNDER_CGROUP, Set.of(CGROUP_ARRAY)),
          Map.entry(Helpers.REDIRECT_MAP, Set.of(DEVMAP, DEVMAP_HASH, CPUMAP, XSKMAP)),
          Map.entry(Helpers.SK_SELECT_REUSEPORT, Set.of(REUSEPORT_SOCKARRAY, SOCKMAP, SOCKHASH)),
          Map.entry(Helpers.MAP_POP_ELEM, Set.of(QUEUE, STACK)),
          Map.entry(Helpers.MAP_PEEK_ELEM, Set.of(QUEUE, STACK, BLOOM_FILTER)),
          Map.entry(Helpers.MAP_PUSH_ELEM, Set.of(QUEUE, STACK, BLOOM_FILTER)),
          Map.entry(
              Helpers.MAP_LOOKUP_PERCPU_ELEM, Set.of(PERCPU_ARRAY, PERCPU_HASH, LRU_PERCPU_HASH)),
          Map.entry(Helpers.SK_STORAGE_GET, Set.of(SK_STORAGE)),
          Map.entry(Helpers.SK_STORAGE_DELETE, Set.of(SK_STORAGE)));

  private static final Set<Integer> WALKABLE =
      Set.of(HASH, ARRAY, PERCPU_HASH, PERCPU_ARRAY, LRU_HASH, LRU_PERCPU_HASH);

  private MapRules() {}

  static boolean compatible(int mapType, int helper) {
    Set<Integer> helpers = BY_TYPE.get(mapType);
    Set<Integer> types = BY_HELPER.get(helper);
    return (helpers == null || helpers.contains(helper))
        && (types == null || types.contains(mapType));
  }

  static boolean isSocketMap(int mapType) {
    return mapType == SOCKMAP || mapType == SOCKHASH;
  }

  /// Whether bpf_for_each_map_elem can walk it.
  static boolean isWalkable(int mapType) {
    return WALKABLE.contains(mapType);
  }

  /// Whether programs may address the value of its only element (global data).
  static boolean hasDirectValue(int mapType) {
    return mapType == ARRAY;
  }

  /// Whether a lookup with a constant key inside the map cannot fail.
  static boolean alwaysHolds(int mapType) {
    return mapType == ARRAY || mapType == PERCPU_ARRAY;
  }
}
