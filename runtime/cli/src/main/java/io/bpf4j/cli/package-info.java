@NullMarked
package io.bpf4j.cli;

import org.jspecify.annotations.NullMarked;
