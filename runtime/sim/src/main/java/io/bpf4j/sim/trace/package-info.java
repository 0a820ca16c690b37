/// Packets as lookups see them, one after another: captures (pcap, pcapng), CSV, synthetic traffic.
@NullMarked
package io.bpf4j.sim.trace;

import org.jspecify.annotations.NullMarked;
