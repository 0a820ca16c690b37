/// Objects that clang built: ELF sections, symbols and relocations, linked into program and map
/// specs.
@NullMarked
package io.bpf4j.elf;

import org.jspecify.annotations.NullMarked;
