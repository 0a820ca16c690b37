/// Off-heap memory: the backends that reach it, the regions a program may touch, and the CPU slot a
/// run owns.
@NullMarked
package io.bpf4j.mem;

import org.jspecify.annotations.NullMarked;
