/// Sockets, reuseport groups, the listener and connection tables.
@NullMarked
package io.bpf4j.sock;

import org.jspecify.annotations.NullMarked;
