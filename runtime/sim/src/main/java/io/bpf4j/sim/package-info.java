@NullMarked
package io.bpf4j.sim;

import org.jspecify.annotations.NullMarked;
