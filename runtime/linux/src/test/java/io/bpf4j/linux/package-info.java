/// The kernel of this machine, asked for real.
@NullMarked
package io.bpf4j.linux;

import org.jspecify.annotations.NullMarked;
