/// The program types that reuseport groups run: sk_reuseport and socket_filter, their contexts, and
/// the packet they look at.
@NullMarked
package io.bpf4j.reuseport;

import org.jspecify.annotations.NullMarked;
