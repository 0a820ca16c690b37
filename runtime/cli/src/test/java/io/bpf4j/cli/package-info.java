/// The command line as its users see it: arguments in, output and exit code out.
@NullMarked
package io.bpf4j.cli;

import org.jspecify.annotations.NullMarked;
