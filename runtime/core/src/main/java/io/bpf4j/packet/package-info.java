/// The program types that see packets: their contexts, and runs on a packet as BPF_PROG_TEST_RUN
/// makes them.
@NullMarked
package io.bpf4j.packet;

import org.jspecify.annotations.NullMarked;
