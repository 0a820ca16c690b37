@NullMarked
package io.bpf4j.benchmarks;

import org.jspecify.annotations.NullMarked;
