package io.bpf4j.verifier;

import io.bpf4j.btf.Btf;
import io.bpf4j.prog.BpfMap;
import io.bpf4j.prog.MapSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A map as the proof sees it. Two references to one map are the same object.
///
/// @param name for messages
/// @param type the uapi number
/// @param keySize bytes of a key
/// @param valueSize bytes of a value
/// @param maxEntries capacity
/// @param flags creation flags
/// @param contents of frozen read-only data: its bytes, which are then constants; or null
/// @param inner the shape of the inner maps of a map of maps, or null
/// @param fields what in a value only helpers may touch, by ascending offset
public record MapDef(
    String name,
    int type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    byte @Nullable [] contents,
    @Nullable MapDef inner,
    List<Field> fields) {
  /// A map without contents and inner map.
  public static MapDef of(
      String name,
      int type,
      int keySize,
      int valueSize,
      int maxEntries,
      int flags,
      List<Field> fields) {
    return new MapDef(name, type, keySize, valueSize, maxEntries, flags, null, null, fields);
  }

  /// BPF_F_RDONLY_PROG: programs may not write.
  public static final int READ_ONLY_PROG = 1 << 7;

  /// BPF_F_WRONLY_PROG: programs may not read.
  static final int WRITE_ONLY_PROG = 1 << 8;

  /// Special fields of map values, by their BTF type.
  public enum FieldKind {
    SPIN_LOCK("bpf_spin_lock", 4),
    TIMER("bpf_timer", 16),
    KPTR("kptr", 8),
    OTHER("special field", 8);

    private final String spelling;
    private final int bytes;

    FieldKind(String spelling, int bytes) {
      this.spelling = spelling;
      this.bytes = bytes;
    }

    public String spelling() {
      return spelling;
    }

    public int bytes() {
      return bytes;
    }
  }

  /// A special field.
  public record Field(FieldKind kind, int offset) {}

  public MapDef {
    fields = List.copyOf(fields);
  }

  /// The definition of a live map.
  public static MapDef of(BpfMap map) {
    return of(map.spec());
  }

  /// The definition of a map from its spec, without what only BTF tells: special fields.
  public static MapDef of(MapSpec spec) {
    return of(spec, null);
  }

  /// The definition of a map whose types an object's BTF knows.
  public static MapDef of(MapSpec spec, @Nullable Btf btf) {
    MapSpec inner = spec.inner();
    return new MapDef(
        spec.name(),
        spec.type(),
        spec.keySize(),
        spec.valueSize(),
        spec.maxEntries(),
        spec.flags() | (spec.frozen() ? READ_ONLY_PROG : 0),
        spec.frozen() ? spec.contents() : null,
        inner == null ? null : of(inner, btf),
        BtfFields.of(btf, spec.valueTypeId()));
  }

  boolean holdsAny(FieldKind kind) {
    return fields.stream().anyMatch(f -> f.kind() == kind);
  }

  /// The offset of the only field of a kind, or -1.
  int offsetOf(FieldKind kind) {
    return fields.stream()
        .filter(f -> f.kind() == kind)
        .mapToInt(Field::offset)
        .findFirst()
        .orElse(-1);
  }

  /// What a value is once it was looked up.
  PtrKind valueKind() {
    return switch (type) {
      case MapRules.SOCKMAP, MapRules.SOCKHASH -> PtrKind.SOCK;
      case MapRules.XSKMAP -> PtrKind.XDP_SOCK;
      default -> PtrKind.MAP_VALUE;
    };
  }

  /// Identity: the proof compares maps, not shapes.
  @Override
  public boolean equals(@Nullable Object o) {
    return this == o;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
