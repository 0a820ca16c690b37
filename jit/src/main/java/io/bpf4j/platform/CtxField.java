package io.bpf4j.platform;

import java.util.List;

/// A field of a context or of `struct bpf_sock`: where it is, what it is called, and every load
/// that is legal on it.
///
/// @param name the uapi name
/// @param offset bytes from the start
/// @param size bytes
/// @param loads the legal loads
/// @param pointer whether an 8-byte load yields a socket pointer (or 0) instead of a number
public record CtxField(String name, int offset, int size, List<LegalLoad> loads, boolean pointer) {
  public CtxField {
    loads = List.copyOf(loads);
  }

  /// A load of `width` bytes at `offset` (from the start of the struct), and how it is answered.
  public record LegalLoad(int offset, int width, LoadRule rule) {}
}
