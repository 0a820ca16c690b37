/// The reader against what compilers write, and against what nobody should write.
@NullMarked
package io.bpf4j.elf;

import org.jspecify.annotations.NullMarked;
