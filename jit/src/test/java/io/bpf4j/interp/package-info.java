@NullMarked
package io.bpf4j.interp;

import org.jspecify.annotations.NullMarked;
