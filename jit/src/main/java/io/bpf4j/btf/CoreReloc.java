package io.bpf4j.btf;

import java.util.Locale;

/// A CO-RE record (uapi/linux/bpf.h, `struct bpf_core_relo`): an instruction whose immediate or
/// offset depends on a type of the running kernel.
///
/// @param insnOffset byte offset of the instruction in its section
/// @param typeId the local type the access starts from
/// @param access indices of members and elements, `0:1:2`
/// @param kind what is asked
public record CoreReloc(long insnOffset, int typeId, String access, Kind kind) {
  /// `enum bpf_core_relo_kind`, in the order of its numbers.
  public enum Kind {
    FIELD_BYTE_OFFSET,
    FIELD_BYTE_SIZE,
    FIELD_EXISTS,
    FIELD_SIGNED,
    FIELD_LSHIFT_U64,
    FIELD_RSHIFT_U64,
    TYPE_ID_LOCAL,
    TYPE_ID_TARGET,
    TYPE_EXISTS,
    TYPE_SIZE,
    ENUMVAL_EXISTS,
    ENUMVAL_VALUE,
    TYPE_MATCHES;

    /// Whether it asks about a member.
    public boolean ofField() {
      return compareTo(FIELD_RSHIFT_U64) <= 0;
    }

    /// In words: `field byte offset`.
    public String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
