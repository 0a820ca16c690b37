@NullMarked
package io.bpf4j.samples;

import org.jspecify.annotations.NullMarked;
