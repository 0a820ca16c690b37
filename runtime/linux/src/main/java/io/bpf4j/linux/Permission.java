package io.bpf4j.linux;

import java.util.function.Supplier;

/// Whether this process may do something, and if not, why.
///
/// @param granted whether it may
/// @param reason one line; empty when it may
public record Permission(boolean granted, String reason) {
  static final Permission GRANTED = new Permission(true, "");

  static Permission denied(String reason) {
    return new Permission(false, reason);
  }

  /// This one, or if it is granted the next.
  Permission and(Supplier<Permission> next) {
    return granted ? next.get() : this;
  }
}
