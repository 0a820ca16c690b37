/// Fuzzing of the engines: valid random programs, run on each engine and on this machine's kernel,
/// what they did compared, what differs made small and saved.
@NullMarked
package io.bpf4j.fuzz;

import org.jspecify.annotations.NullMarked;
