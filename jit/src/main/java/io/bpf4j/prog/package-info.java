/// Programs and maps as plain data: specs as an object holds them, and a program whose maps are
/// bound.
@NullMarked
package io.bpf4j.prog;

import org.jspecify.annotations.NullMarked;
