package io.bpf4j.isa;

/// The source of an operation: a register or a 32-bit immediate.
public sealed interface Operand permits Reg, Imm {}
