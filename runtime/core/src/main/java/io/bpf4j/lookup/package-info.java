/// The socket lookup and how it explains itself.
@NullMarked
package io.bpf4j.lookup;

import org.jspecify.annotations.NullMarked;
