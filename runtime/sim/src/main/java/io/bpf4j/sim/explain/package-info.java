/// The story of one packet, for people and for programs.
@NullMarked
package io.bpf4j.sim.explain;

import org.jspecify.annotations.NullMarked;
