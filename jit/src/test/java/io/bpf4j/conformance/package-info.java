/// What every engine must do: contracts, text cases, foreign vectors, and a toy host to run them
/// on.
@NullMarked
package io.bpf4j.conformance;

import org.jspecify.annotations.NullMarked;
