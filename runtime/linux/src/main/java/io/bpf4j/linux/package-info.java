/// This machine's kernel from plain Java: bpf(2), network namespaces, sockets. An oracle for what
/// we simulate, and a baseline to measure against.
///
/// [io.bpf4j.linux.KernelSupport] says what is permitted here. Everything that fails throws
/// [io.bpf4j.error.ErrnoException] with the kernel's errno, the call and what it was given.
@NullMarked
package io.bpf4j.linux;

import org.jspecify.annotations.NullMarked;
