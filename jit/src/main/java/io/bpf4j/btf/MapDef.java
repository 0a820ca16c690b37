package io.bpf4j.btf;

import org.jspecify.annotations.Nullable;

/// A map as a variable in section `.maps` defines it.
///
/// @param name the variable
/// @param offset its byte offset in the section
/// @param type uapi number of the map type
/// @param keySize bytes of a key
/// @param valueSize bytes of a value
/// @param maxEntries capacity
/// @param flags creation flags
/// @param extra `map_extra`
/// @param pinning 0 none, 1 by name; loaders know more numbers
/// @param keyType type id of the key, 0 when only its size is known
/// @param valueType type id of the value, 0 when only its size is known
/// @param valuesOffset byte offset of member `values` in the variable, -1 without
/// @param inner definition of the maps in `values`, or null
public record MapDef(
    String name,
    long offset,
    int type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    long extra,
    int pinning,
    int keyType,
    int valueType,
    long valuesOffset,
    @Nullable MapDef inner) {}
