/// What came of a simulation, for people, for programs, and packet by packet.
@NullMarked
package io.bpf4j.sim.report;

import org.jspecify.annotations.NullMarked;
