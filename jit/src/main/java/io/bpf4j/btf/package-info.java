/// BPF Type Format: types, map definitions, function and line info.
@NullMarked
package io.bpf4j.btf;

import org.jspecify.annotations.NullMarked;
