/// The shapes of what a host offers to programs: program types, context layouts, helpers, map
/// types. Rows are declared by the runtime.
@NullMarked
package io.bpf4j.platform;

import org.jspecify.annotations.NullMarked;
