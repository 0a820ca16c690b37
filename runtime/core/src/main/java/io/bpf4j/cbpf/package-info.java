/// Classic BPF: the filters that SO_ATTACH_REUSEPORT_CBPF takes.
@NullMarked
package io.bpf4j.cbpf;

import org.jspecify.annotations.NullMarked;
