/// Map types, one class each, with the kernel's errors and flags.
@NullMarked
package io.bpf4j.map;

import org.jspecify.annotations.NullMarked;
