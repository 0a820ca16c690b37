package io.bpf4j.elf;

/// What an instruction refers to beyond itself.
sealed interface Reference {
  /// A map.
  record ToMap(int map) implements Reference {}

  /// A byte inside the value of a data map.
  record ToData(int map, int offset) implements Reference {}

  /// A function of the object.
  record ToFunction(Function function) implements Reference {}

  /// A number that is known: a weak extern that nothing provides is 0.
  record ToNumber(long value) implements Reference {}

  /// A call of a weak extern function that nothing provides. It is behind a test that never holds;
  /// libbpf leaves a call of a helper that does not exist.
  record ToNothing(int extern) implements Reference {}

  /// Something only the running kernel, or nobody, can provide.
  record Unresolved(String problem) implements Reference {}
}
