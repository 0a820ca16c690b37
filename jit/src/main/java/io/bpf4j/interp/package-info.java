/// The interpreter: the reference engine.
@NullMarked
package io.bpf4j.interp;

import org.jspecify.annotations.NullMarked;
