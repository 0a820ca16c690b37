package io.bpf4j.map;

import io.bpf4j.platform.MapTypeInfo;
import io.bpf4j.platform.MapTypeInfo.Values;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The map type table: every type of uapi/linux/bpf.h (Linux 6.18), with the helpers that accept it
/// where the program's type offers them.
public final class MapTypes {
  public static final int HASH = 1;
  public static final int ARRAY = 2;
  public static final int PROG_ARRAY = 3;
  public static final int PERF_EVENT_ARRAY = 4;
  public static final int PERCPU_HASH = 5;
  public static final int PERCPU_ARRAY = 6;
  public static final int CGROUP_ARRAY = 8;
  public static final int LRU_HASH = 9;
  public static final int LRU_PERCPU_HASH = 10;
  public static final int LPM_TRIE = 11;
  public static final int ARRAY_OF_MAPS = 12;
  public static final int HASH_OF_MAPS = 13;
  public static final int SOCKMAP = 15;
  public static final int SOCKHASH = 18;
  public static final int REUSEPORT_SOCKARRAY = 20;
  public static final int QUEUE = 22;
  public static final int STACK = 23;
  public static final int SK_STORAGE = 24;
  public static final int RINGBUF = 27;
  public static final int INODE_STORAGE = 28;
  public static final int TASK_STORAGE = 29;
  public static final int BLOOM_FILTER = 30;
  public static final int USER_RINGBUF = 31;
  public static final int CGRP_STORAGE = 32;
  public static final int ARENA = 33;

  /// The rows, by ascending number.
  public static final List<MapTypeInfo> ROWS =
      List.of(
          made(HASH, "HASH", Values.BYTES, 1, 2, 3, 164),
          made(ARRAY, "ARRAY", Values.BYTES, 1, 2, 3, 164),
          named(PROG_ARRAY, "PROG_ARRAY", Values.PROGRAMS, 12),
          named(PERF_EVENT_ARRAY, "PERF_EVENT_ARRAY", Values.OTHER, 22, 25, 55),
          named(PERCPU_HASH, "PERCPU_HASH", Values.BYTES, 1, 2, 3, 164, 195),
          made(PERCPU_ARRAY, "PERCPU_ARRAY", Values.BYTES, 1, 2, 3, 164, 195),
          named(7, "STACK_TRACE", Values.OTHER),
          named(CGROUP_ARRAY, "CGROUP_ARRAY", Values.OTHER, 37),
          named(LRU_HASH, "LRU_HASH", Values.BYTES, 1, 2, 3, 164),
          named(LRU_PERCPU_HASH, "LRU_PERCPU_HASH", Values.BYTES, 1, 2, 3, 164, 195),
          made(LPM_TRIE, "LPM_TRIE", Values.BYTES, 1, 2, 3),
          named(ARRAY_OF_MAPS, "ARRAY_OF_MAPS", Values.MAPS, 1),
          named(HASH_OF_MAPS, "HASH_OF_MAPS", Values.MAPS, 1),
          named(14, "DEVMAP", Values.OTHER, 1),
          made(SOCKMAP, "SOCKMAP", Values.SOCKETS, 1, 2, 3, 82),
          named(16, "CPUMAP", Values.OTHER),
          named(17, "XSKMAP", Values.OTHER, 1),
          made(SOCKHASH, "SOCKHASH", Values.SOCKETS, 1, 2, 3, 82),
          named(19, "CGROUP_STORAGE_DEPRECATED", Values.OTHER),
          made(REUSEPORT_SOCKARRAY, "REUSEPORT_SOCKARRAY", Values.SOCKETS, 82),
          named(21, "PERCPU_CGROUP_STORAGE_DEPRECATED", Values.OTHER),
          named(QUEUE, "QUEUE", Values.BYTES, 87, 88, 89),
          named(STACK, "STACK", Values.BYTES, 87, 88, 89),
          named(SK_STORAGE, "SK_STORAGE", Values.BYTES),
          named(25, "DEVMAP_HASH", Values.OTHER, 1),
          named(26, "STRUCT_OPS", Values.OTHER),
          named(RINGBUF, "RINGBUF", Values.OTHER, 130, 131, 134, 198),
          named(INODE_STORAGE, "INODE_STORAGE", Values.BYTES),
          named(TASK_STORAGE, "TASK_STORAGE", Values.BYTES, 156, 157),
          named(BLOOM_FILTER, "BLOOM_FILTER", Values.BYTES, 87, 89),
          named(USER_RINGBUF, "USER_RINGBUF", Values.OTHER, 209),
          named(CGRP_STORAGE, "CGRP_STORAGE", Values.BYTES, 210, 211),
          named(ARENA, "ARENA", Values.OTHER));

  private MapTypes() {}

  /// The row with this number, or null.
  public static @Nullable MapTypeInfo row(int number) {
    return number >= 1 && number <= ROWS.size() ? ROWS.get(number - 1) : null;
  }

  /// `BPF_MAP_TYPE_HASH`, or `map type 99` for a number that is none.
  public static String nameOf(int number) {
    MapTypeInfo row = row(number);
    return row == null ? "map type " + Integer.toUnsignedString(number) : row.name();
  }

  private static MapTypeInfo made(int number, String name, Values values, Integer... helpers) {
    return new MapTypeInfo(number, "BPF_MAP_TYPE_" + name, values, Set.of(helpers), true);
  }

  private static MapTypeInfo named(int number, String name, Values values, Integer... helpers) {
    return new MapTypeInfo(number, "BPF_MAP_TYPE_" + name, values, Set.of(helpers), false);
  }
}
