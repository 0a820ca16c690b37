/// BTF by hand, sound and unsound.
@NullMarked
package io.bpf4j.btf;

import org.jspecify.annotations.NullMarked;
