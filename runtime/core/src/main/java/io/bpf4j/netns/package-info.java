/// Network namespaces, links, and the world that holds them.
@NullMarked
package io.bpf4j.netns;

import org.jspecify.annotations.NullMarked;
