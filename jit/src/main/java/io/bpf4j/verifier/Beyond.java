package io.bpf4j.verifier;

/// Something the kernel may well accept, but that this proof knows nothing of.
final class Beyond extends RuntimeException {
  private static final long serialVersionUID = 1;

  Beyond(String what) {
    super(what, null, false, false);
  }
}
