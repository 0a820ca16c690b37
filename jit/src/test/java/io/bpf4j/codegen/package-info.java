/// The compiler, against the contract of engines, the interpreter, and the limits of HotSpot.
@NullMarked
package io.bpf4j.codegen;

import org.jspecify.annotations.NullMarked;
