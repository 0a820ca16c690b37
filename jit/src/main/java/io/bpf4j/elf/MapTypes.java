package io.bpf4j.elf;

/// The map types whose definitions need a second look (uapi/linux/bpf.h, `enum bpf_map_type`).
final class MapTypes {
  static final int ARRAY = 2;
  static final int ARRAY_OF_MAPS = 12;
  static final int HASH_OF_MAPS = 13;
  private static final int RINGBUF = 27;
  private static final int USER_RINGBUF = 31;

  /// Creation flag: user space maps the values, as libbpf asks for global data.
  static final int BPF_F_MMAPABLE = 1 << 10;

  /// Creation flag: programs may not store.
  static final int BPF_F_RDONLY_PROG = 1 << 7;

  private MapTypes() {}

  /// A ring buffer has neither keys nor values; what an object says of them is for people.
  static boolean unsized(int type) {
    return type == RINGBUF || type == USER_RINGBUF;
  }

  static boolean ofMaps(int type) {
    return type == ARRAY_OF_MAPS || type == HASH_OF_MAPS;
  }
}
