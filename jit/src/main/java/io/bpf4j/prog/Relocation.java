package io.bpf4j.prog;

/// A relocation of code, as an object holds it.
///
/// @param section the section that is patched
/// @param offset byte offset of the instruction in it
/// @param type `R_BPF_64_64`, or the number of an unknown type
/// @param symbol the symbol it refers to, or the section for a section symbol
/// @param target what it leads to: `map sockets`, `data .bss+8`, `function pick`, `extern bpf_x`
public record Relocation(String section, long offset, String type, String symbol, String target) {}
