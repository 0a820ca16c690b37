package io.bpf4j.btf;

/// The types of an object.
public final class Btf {}
