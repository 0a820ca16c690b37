@NullMarked
package io.bpf4j.mem;

import org.jspecify.annotations.NullMarked;
