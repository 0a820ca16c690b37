/// The compiler from eBPF to JVM bytecode.
@NullMarked
package io.bpf4j.codegen;

import org.jspecify.annotations.NullMarked;
