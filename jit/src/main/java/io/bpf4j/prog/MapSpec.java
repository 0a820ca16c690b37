package io.bpf4j.prog;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A map as an object defines it.
///
/// @param name the symbol's name
/// @param type the uapi number of the map type (`BPF_MAP_TYPE_HASH` is 1)
/// @param keySize bytes of a key
/// @param valueSize bytes of a value
/// @param maxEntries capacity
/// @param flags creation flags (`BPF_F_*`)
/// @param mapExtra `map_extra`, usually 0
/// @param contents initial bytes of global data (`.rodata`, `.data`, `.bss`), or null
/// @param frozen read-only data: programs and users may not store
/// @param inner definition of the inner maps of a map of maps, or null
/// @param initial slot index to the name of a map or program, for map-in-map and PROG_ARRAY
///   initialisers
/// @param keyTypeId type of the key in the object's BTF, 0 when it is not known
/// @param valueTypeId type of the value in the object's BTF; for global data the section's
///   variables ([io.bpf4j.btf.BtfType.DataSec]); 0 when it is not known
/// @param pinning 0 none, 1 by name (libbpf); other loaders know more numbers
public record MapSpec(
    String name,
    int type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    long mapExtra,
    byte @Nullable [] contents,
    boolean frozen,
    @Nullable MapSpec inner,
    Map<Integer, String> initial,
    int keyTypeId,
    int valueTypeId,
    int pinning) {

  public MapSpec {
    initial = Collections.unmodifiableMap(new TreeMap<>(initial));
  }

  /// A map without BTF types and pinning.
  public MapSpec(
      String name,
      int type,
      int keySize,
      int valueSize,
      int maxEntries,
      int flags,
      long mapExtra,
      byte @Nullable [] contents,
      boolean frozen,
      @Nullable MapSpec inner,
      Map<Integer, String> initial) {
    this(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        contents,
        frozen,
        inner,
        initial,
        0,
        0,
        0);
  }

  /// A map without contents, inner map or initialisers.
  public static MapSpec of(
      String name, int type, int keySize, int valueSize, int maxEntries, int flags) {
    return new MapSpec(
        name, type, keySize, valueSize, maxEntries, flags, 0, null, false, null, Map.of());
  }

  /// The same with other sizes: loaders may fill in what an object leaves open.
  public MapSpec withSizes(int keySize, int valueSize, int maxEntries) {
    return copy(keySize, valueSize, maxEntries, contents);
  }

  /// The same with other initial contents, of the same length.
  public MapSpec withContents(byte[] bytes) {
    return copy(keySize, valueSize, maxEntries, bytes);
  }

  private MapSpec copy(int keySize, int valueSize, int maxEntries, byte @Nullable [] contents) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        contents,
        frozen,
        inner,
        initial,
        keyTypeId,
        valueTypeId,
        pinning);
  }
}
