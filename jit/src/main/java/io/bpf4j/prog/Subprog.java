package io.bpf4j.prog;

/// A function of a linked program. The entry function is the first, at pc 0.
///
/// @param name the symbol's name
/// @param pc slot of its first instruction
public record Subprog(String name, int pc) {}
