/// Addresses, ports, protocols and tuples.
@NullMarked
package io.bpf4j.net;

import org.jspecify.annotations.NullMarked;
