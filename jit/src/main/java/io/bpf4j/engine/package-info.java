/// The seam both engines stand behind, and the checks they share.
@NullMarked
package io.bpf4j.engine;

import org.jspecify.annotations.NullMarked;
