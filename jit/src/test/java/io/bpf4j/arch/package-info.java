/// The rules of ARCHITECTURE.md as tests.
@NullMarked
package io.bpf4j.arch;

import org.jspecify.annotations.NullMarked;
