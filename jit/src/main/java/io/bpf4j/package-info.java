/// Hands out engines: the only place that sees all of them.
@NullMarked
package io.bpf4j;

import org.jspecify.annotations.NullMarked;
