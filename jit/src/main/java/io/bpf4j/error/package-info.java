/// What can go wrong, one exception per phase: reading, binding, compiling, running.
@NullMarked
package io.bpf4j.error;

import org.jspecify.annotations.NullMarked;
