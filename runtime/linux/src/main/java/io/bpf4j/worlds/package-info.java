/// The same world twice: scripts of sockets, maps, links and packets, played in a simulated world
/// and in a network namespace of the live kernel, answer by answer; and the search for scripts on
/// which the two differ.
@NullMarked
package io.bpf4j.worlds;

import org.jspecify.annotations.NullMarked;
