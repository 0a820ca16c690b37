package io.bpf4j.isa;

/// A 32-bit immediate; 64-bit operations sign-extend it (RFC 9669 section 3.2).
public record Imm(int value) implements Operand {}
