package io.bpf4j.elf;

import io.bpf4j.prog.MapSpec;

/// A map and where relocations find it.
///
/// @param section index of the ELF section
/// @param offset byte offset of its definition in the section; 0 for a data section
/// @param data whether the section is the map's value, rather than holds its definition
record PlacedMap(int section, long offset, boolean data, MapSpec spec) {}
