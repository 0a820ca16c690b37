package io.bpf4j.btf;

/// Where the compiler put sections and variables. It writes them into BTF only as relocations; the
/// ELF symbols know (libbpf's `btf_fixup_datasec`).
public interface Placement {
  /// Bytes of the section, or -1 when there is none of that name.
  long sizeOf(String section);

  /// Byte offset of a variable in its section, or -1 when no symbol tells.
  long offsetOf(String section, String variable);

  /// Leaves BTF as it is.
  Placement NONE =
      new Placement() {
        @Override
        public long sizeOf(String section) {
          return -1;
        }

        @Override
        public long offsetOf(String section, String variable) {
          return -1;
        }
      };
}
