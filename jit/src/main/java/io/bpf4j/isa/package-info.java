/// The eBPF instruction set (RFC 9669): instructions as meaning, tables of operations and forms,
/// decoder, encoder, assembler, disassembler.
@NullMarked
package io.bpf4j.isa;

import org.jspecify.annotations.NullMarked;
