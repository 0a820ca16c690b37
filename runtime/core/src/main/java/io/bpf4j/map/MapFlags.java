package io.bpf4j.map;

/// Flag bits of uapi/linux/bpf.h that maps are created and updated with.
public final class MapFlags {
  /// Update: make or replace.
  public static final long BPF_ANY = 0;

  /// Update: make only.
  public static final long BPF_NOEXIST = 1;

  /// Update: replace only.
  public static final long BPF_EXIST = 2;

  /// Look-up and update: hold the value's `bpf_spin_lock`.
  public static final long BPF_F_LOCK = 4;

  public static final int BPF_F_NO_PREALLOC = 1;
  public static final int BPF_F_NO_COMMON_LRU = 1 << 1;
  public static final int BPF_F_NUMA_NODE = 1 << 2;
  public static final int BPF_F_RDONLY = 1 << 3;
  public static final int BPF_F_WRONLY = 1 << 4;
  public static final int BPF_F_ZERO_SEED = 1 << 6;
  public static final int BPF_F_RDONLY_PROG = 1 << 7;
  public static final int BPF_F_WRONLY_PROG = 1 << 8;
  public static final int BPF_F_MMAPABLE = 1 << 10;
  public static final int BPF_F_PRESERVE_ELEMS = 1 << 11;
  public static final int BPF_F_INNER_MAP = 1 << 12;

  private MapFlags() {}
}
