package io.bpf4j.prog;

/// A variable in global data.
///
/// @param name the symbol
/// @param map the map that holds it, named as its section
/// @param offset byte offset in the map's only value
/// @param size bytes
/// @param typeId its BTF type, 0 without BTF
public record GlobalVar(String name, String map, int offset, int size, int typeId) {}
