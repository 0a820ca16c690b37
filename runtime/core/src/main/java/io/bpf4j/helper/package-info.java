/// Helper functions by family, each beside its table row.
@NullMarked
package io.bpf4j.helper;

import org.jspecify.annotations.NullMarked;
