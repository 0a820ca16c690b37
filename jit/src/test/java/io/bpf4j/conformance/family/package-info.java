/// Families of programs: rows of text that say what an instruction means, made into programs that
/// try it with every register, number, place and jump, for whatever can run programs.
@NullMarked
package io.bpf4j.conformance.family;

import org.jspecify.annotations.NullMarked;
