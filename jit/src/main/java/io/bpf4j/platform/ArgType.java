package io.bpf4j.platform;

/// What a helper's argument must be. Checked engines test pointers of these kinds, with their
/// lengths, before the helper runs; the verifier proves them.
public enum ArgType {
  /// A number that may be anything.
  ANY,
  /// The program's context, unmodified.
  CTX,
  /// A map the program refers to.
  CONST_MAP_PTR,
  /// Readable memory of the map's key size.
  MAP_KEY,
  /// Readable memory of the map's value size; for socket maps a socket.
  MAP_VALUE,
  /// Writable memory of the map's value size.
  MAP_VALUE_OUT,
  /// Readable memory; the next argument is its size.
  MEM,
  /// Writable memory; the next argument is its size.
  MEM_OUT,
  /// The size of the memory argument before it, at least 1.
  SIZE,
  /// The size of the memory argument before it, 0 allowed (the pointer is then not looked at).
  SIZE_OR_ZERO,
  /// A socket.
  SOCK,
  /// A socket or 0.
  SOCK_OR_NULL,
  /// Writable 8-byte aligned memory of 8 bytes.
  LONG_OUT,
  /// A function of the program.
  FUNC,
  /// A stack pointer or 0, handed to a callback.
  STACK_OR_NULL
}
