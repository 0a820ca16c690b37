/// The verifier held by rows of cases, by random programs, and by what runs of accepted programs
/// do.
@NullMarked
package io.bpf4j.verifier;

import org.jspecify.annotations.NullMarked;
