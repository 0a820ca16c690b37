@NullMarked
package io.bpf4j;

import org.jspecify.annotations.NullMarked;
