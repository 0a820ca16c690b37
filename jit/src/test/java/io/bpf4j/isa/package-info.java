/// Tests of the instruction set by claim.
@NullMarked
package io.bpf4j.isa;

import org.jspecify.annotations.NullMarked;
