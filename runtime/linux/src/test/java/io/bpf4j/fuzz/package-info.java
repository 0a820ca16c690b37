/// Tests of the search for programs on which executions differ, and the replay of those it found.
@NullMarked
package io.bpf4j.fuzz;

import org.jspecify.annotations.NullMarked;
