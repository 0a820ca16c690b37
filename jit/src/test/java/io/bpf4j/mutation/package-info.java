/// A check of the tests: the engines with one thing broken at a time, on which the conformance
/// suite must fail.
@NullMarked
package io.bpf4j.mutation;

import org.jspecify.annotations.NullMarked;
