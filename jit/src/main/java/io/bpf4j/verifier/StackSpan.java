package io.bpf4j.verifier;

/// Bytes of a function's frame.
///
/// @param from the first, from the frame pointer: negative
/// @param to one past the last
/// @param write whether they may be written; else they are read
public record StackSpan(int from, int to, boolean write) {}
