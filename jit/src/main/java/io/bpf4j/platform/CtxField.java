package io.bpf4j.platform;

import java.util.List;

/// A field of a context or of `struct bpf_sock`: where it is, what it is called, and every load and
/// store that is legal on it.
///
/// @param name the uapi name
/// @param offset bytes from the start
/// @param size bytes
/// @param loads the legal loads
/// @param stores the legal stores; sockets and most contexts have none
/// @param pointer whether an 8-byte load yields a socket pointer (or 0) instead of a number
public record CtxField(
    String name,
    int offset,
    int size,
    List<LegalLoad> loads,
    List<LegalStore> stores,
    boolean pointer) {
  public CtxField {
    loads = List.copyOf(loads);
    stores = List.copyOf(stores);
  }

  /// A field that is only read.
  public CtxField(String name, int offset, int size, List<LegalLoad> loads, boolean pointer) {
    this(name, offset, size, loads, List.of(), pointer);
  }

  /// A load of `width` bytes at `offset` (from the start of the struct), and how it is answered.
  public record LegalLoad(int offset, int width, LoadRule rule) {}

  /// A store of `width` bytes at `offset`. The kernel's own variable may be narrower than the
  /// field: the bits of `mask` are those that it keeps, the others become 0.
  public record LegalStore(int offset, int width, long mask) {}
}
