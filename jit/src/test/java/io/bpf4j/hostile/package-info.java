/// Coverage-guided fuzzing of what reads bytes and text, and what every reader owes hostile input.
@NullMarked
package io.bpf4j.hostile;

import org.jspecify.annotations.NullMarked;
