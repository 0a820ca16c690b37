package io.bpf4j.mutation;

/// One thing that is broken in a compiled class.
///
/// @param owner the class's name, with slashes
/// @param method the method's name
/// @param number which of the mutations of that method, from 0
/// @param line in the source
/// @param what is put in place of what: `constant 97 -> 101`
record Mutation(String owner, String method, int number, int line, String what) {
  /// What names it as long as the method stays as it is: `Lowering.simple32#2`.
  String id() {
    return owner.substring(owner.lastIndexOf('/') + 1) + "." + method + "#" + number;
  }

  @Override
  public String toString() {
    return "%s line %d: %s".formatted(id(), line, what);
  }
}
