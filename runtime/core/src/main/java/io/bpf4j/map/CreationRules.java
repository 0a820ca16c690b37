package io.bpf4j.map;

import static io.bpf4j.map.MapFlags.BPF_F_INNER_MAP;
import static io.bpf4j.map.MapFlags.BPF_F_MMAPABLE;
import static io.bpf4j.map.MapFlags.BPF_F_NO_COMMON_LRU;
import static io.bpf4j.map.MapFlags.BPF_F_NO_PREALLOC;
import static io.bpf4j.map.MapFlags.BPF_F_NUMA_NODE;
import static io.bpf4j.map.MapFlags.BPF_F_PRESERVE_ELEMS;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY;
import static io.bpf4j.map.MapFlags.BPF_F_RDONLY_PROG;
import static io.bpf4j.map.MapFlags.BPF_F_WRONLY;
import static io.bpf4j.map.MapFlags.BPF_F_WRONLY_PROG;
import static io.bpf4j.map.MapFlags.BPF_F_ZERO_SEED;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.prog.MapSpec;
import org.jspecify.annotations.Nullable;

/// Which shapes BPF_MAP_CREATE accepts, type by type, in the kernel's order of checks
/// (kernel/bpf/syscall.c map_create, then each type's map_alloc_check: arraymap.c, hashtab.c,
/// lpm_trie.c, net/core/sock_map.c …). Sizes are unsigned 32-bit numbers, as in bpf_attr.
final class CreationRules {
  private static final int SYSCALL_ACCESS = BPF_F_RDONLY | BPF_F_WRONLY;
  private static final int PROG_ACCESS = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
  private static final int ACCESS = SYSCALL_ACCESS | PROG_ACCESS;

  /// KMALLOC_MAX_SIZE of x86-64: the largest page order is 10.
  private static final long KMALLOC_MAX = 4 << 20;

  /// sizeof(struct htab_elem).
  private static final long HTAB_ELEM = 48;

  /// LPM_VAL_SIZE_MAX: KMALLOC_MAX less the largest key data (256) and sizeof(struct lpm_trie_node)
  /// (24).
  private static final long LPM_VALUE_MAX = KMALLOC_MAX - 256 - 24;

  /// PCPU_MIN_UNIT_SIZE.
  private static final long PERCPU_MAX = 32768;

  /// MAX_BPF_STACK.
  private static final long STACK_BYTES = 512;

  private static final long PAGE = 4096;

  private final MapSpec spec;
  private final long keySize;
  private final long valueSize;
  private final long entries;

  private CreationRules(MapSpec spec) {
    this.spec = spec;
    this.keySize = Integer.toUnsignedLong(spec.keySize());
    this.valueSize = Integer.toUnsignedLong(spec.valueSize());
    this.entries = Integer.toUnsignedLong(spec.maxEntries());
  }

  /// Refuses a shape that the kernel refuses.
  ///
  /// @throws ErrnoException with the kernel's number
  static void check(MapSpec spec) {
    new CreationRules(spec).check();
  }

  private void check() {
    int type = spec.type();
    if (type != MapTypes.BLOOM_FILTER && type != MapTypes.ARENA) {
      require(spec.mapExtra() == 0, "map_extra must be 0");
    }
    require((spec.flags() & SYSCALL_ACCESS) != SYSCALL_ACCESS, "RDONLY and WRONLY exclude another");
    require(MapTypes.row(type) != null, "there is no such map type");
    switch (type) {
      case MapTypes.ARRAY, MapTypes.PERCPU_ARRAY -> array(false);
      case MapTypes.REUSEPORT_SOCKARRAY -> {
        socketValue();
        array(false);
      }
      case MapTypes.PROG_ARRAY,
          MapTypes.PERF_EVENT_ARRAY,
          MapTypes.CGROUP_ARRAY,
          MapTypes.ARRAY_OF_MAPS -> {
        require(valueSize == 4, "value_size must be 4");
        require((spec.flags() & PROG_ACCESS) == 0, "RDONLY_PROG and WRONLY_PROG are not allowed");
        array(type == MapTypes.PERF_EVENT_ARRAY);
        inner(type == MapTypes.ARRAY_OF_MAPS);
      }
      case MapTypes.HASH, MapTypes.PERCPU_HASH, MapTypes.LRU_HASH, MapTypes.LRU_PERCPU_HASH ->
          hash();
      case MapTypes.HASH_OF_MAPS -> {
        require(valueSize == 4, "value_size must be 4");
        hash();
        inner(true);
      }
      case MapTypes.LPM_TRIE -> lpm();
      case MapTypes.SOCKMAP, MapTypes.SOCKHASH -> sockets();
      case MapTypes.QUEUE, MapTypes.STACK -> {
        require(keySize == 0, "key_size must be 0");
        valuesAndEntries();
        flags(BPF_F_NUMA_NODE | ACCESS);
        require(valueSize <= KMALLOC_MAX, Errno.E2BIG, "value_size above " + KMALLOC_MAX);
      }
      case MapTypes.BLOOM_FILTER -> {
        require(keySize == 0, "key_size must be 0");
        valuesAndEntries();
        flags(BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS);
        require((spec.mapExtra() & ~0xfL) == 0, "map_extra must be 0 to 15 hash functions");
      }
      case MapTypes.RINGBUF, MapTypes.USER_RINGBUF -> {
        flags(BPF_F_NUMA_NODE);
        require(keySize == 0 && valueSize == 0, "key_size and value_size must be 0");
        require(
            Long.bitCount(entries) == 1 && entries % PAGE == 0,
            "max_entries must be a power of two and a multiple of " + PAGE);
      }
      case MapTypes.ARENA -> arena();
      case MapTypes.SK_STORAGE,
          MapTypes.TASK_STORAGE,
          MapTypes.INODE_STORAGE,
          MapTypes.CGRP_STORAGE -> {
        require((spec.flags() & BPF_F_NO_PREALLOC) != 0, "NO_PREALLOC is required");
        require(entries == 0, "max_entries must be 0");
        require(keySize == 4, "key_size must be 4");
        require(valueSize != 0, "value_size must not be 0");
      }
      default -> {}
    }
  }

  private void array(boolean preserve) {
    boolean percpu = spec.type() == MapTypes.PERCPU_ARRAY;
    require(keySize == 4, "key_size must be 4");
    valuesAndEntries();
    flags(
        ACCESS
            | (percpu ? 0 : BPF_F_NUMA_NODE)
            | (spec.type() == MapTypes.ARRAY ? BPF_F_MMAPABLE | BPF_F_INNER_MAP : 0)
            | (preserve ? BPF_F_PRESERVE_ELEMS : 0));
    require(valueSize <= Integer.MAX_VALUE, Errno.E2BIG, "value_size above 2^31 - 1");
    percpuValue(percpu);
    byte @Nullable [] contents = spec.contents();
    require(
        contents == null || (contents.length <= valueSize && !percpu),
        "the initial contents do not fit into one value");
  }

  private void hash() {
    boolean lru = spec.type() == MapTypes.LRU_HASH || spec.type() == MapTypes.LRU_PERCPU_HASH;
    boolean percpu = spec.type() == MapTypes.PERCPU_HASH || spec.type() == MapTypes.LRU_PERCPU_HASH;
    boolean percpuLru = (spec.flags() & BPF_F_NO_COMMON_LRU) != 0;
    flags(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | ACCESS | BPF_F_ZERO_SEED);
    require(lru || !percpuLru, "NO_COMMON_LRU is for LRU types");
    require(
        !lru || (spec.flags() & BPF_F_NO_PREALLOC) == 0,
        Errno.ENOTSUPP,
        "LRU types are always preallocated");
    require(
        (spec.flags() & BPF_F_NUMA_NODE) == 0 || (!percpu && !percpuLru),
        "NUMA_NODE is not for per-CPU forms");
    require(keySize != 0, "key_size must not be 0");
    valuesAndEntries();
    require(
        keySize + valueSize < KMALLOC_MAX - HTAB_ELEM,
        Errno.E2BIG,
        "key_size + value_size must be below " + (KMALLOC_MAX - HTAB_ELEM));
    percpuValue(percpu);
    require(entries < 1L << 31, Errno.E2BIG, "max_entries must be below 2^31");
  }

  private void lpm() {
    require(entries != 0, "max_entries must not be 0");
    require((spec.flags() & BPF_F_NO_PREALLOC) != 0, "NO_PREALLOC is required");
    flags(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS);
    require(
        keySize >= 5 && keySize <= 260,
        "key_size must be 5 to 260: a 4-byte prefix length, then the data");
    require(
        valueSize >= 1 && valueSize <= LPM_VALUE_MAX, "value_size must be 1 to " + LPM_VALUE_MAX);
  }

  private void sockets() {
    require(entries != 0, "max_entries must not be 0");
    if (spec.type() == MapTypes.SOCKMAP) {
      require(keySize == 4, "key_size must be 4");
    } else {
      require(keySize != 0, "key_size must not be 0");
    }
    socketValue();
    require(
        (spec.flags() & ~(BPF_F_NUMA_NODE | SYSCALL_ACCESS)) == 0,
        "only NUMA_NODE, RDONLY and WRONLY are allowed");
    require(
        spec.type() == MapTypes.SOCKMAP || keySize <= STACK_BYTES,
        Errno.E2BIG,
        "key_size above " + STACK_BYTES);
  }

  private void arena() {
    require(keySize == 0 && valueSize == 0, "key_size and value_size must be 0");
    require(entries != 0, "max_entries must not be 0");
    require((spec.flags() & BPF_F_MMAPABLE) != 0, "MMAPABLE is required");
    require(spec.mapExtra() % PAGE == 0, "map_extra must be page-aligned");
    require(entries <= 1L << 20, Errno.E2BIG, "more than 2^20 pages");
  }

  private void inner(boolean needed) {
    if (!needed) {
      return;
    }
    MapSpec inner = spec.inner();
    if (inner == null) {
      throw refusal(Errno.EINVAL, "an inner map is required");
    }
    require(
        inner.type() != MapTypes.ARRAY_OF_MAPS && inner.type() != MapTypes.HASH_OF_MAPS,
        "the inner map must not be a map of maps");
    require(
        inner.type() != MapTypes.PROG_ARRAY,
        Errno.ENOTSUPP,
        "the inner map must not be a PROG_ARRAY");
  }

  private void valuesAndEntries() {
    require(valueSize != 0, "value_size must not be 0");
    require(entries != 0, "max_entries must not be 0");
  }

  private void socketValue() {
    require(valueSize == 4 || valueSize == 8, "value_size must be 4 or 8");
  }

  private void percpuValue(boolean percpu) {
    require(
        !percpu || MapMemory.roundUp8(valueSize) <= PERCPU_MAX,
        Errno.E2BIG,
        "per-CPU values have at most " + PERCPU_MAX + " bytes");
  }

  private void flags(int allowed) {
    int wrong = spec.flags() & ~allowed;
    require(wrong == 0, "flags 0x%x are not allowed".formatted(wrong));
    require(
        (spec.flags() & PROG_ACCESS) != PROG_ACCESS, "RDONLY_PROG and WRONLY_PROG exclude another");
  }

  private void require(boolean holds, String rule) {
    require(holds, Errno.EINVAL, rule);
  }

  private void require(boolean holds, Errno errno, String rule) {
    if (!holds) {
      throw refusal(errno, rule);
    }
  }

  private ErrnoException refusal(Errno errno, String rule) {
    return new ErrnoException(
        errno, "map '" + spec.name() + "' create", MapTypes.nameOf(spec.type()) + ": " + rule);
  }
}
