/// The same world twice.
@NullMarked
package io.bpf4j.worlds;

import org.jspecify.annotations.NullMarked;
