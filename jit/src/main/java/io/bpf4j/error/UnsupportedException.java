package io.bpf4j.error;

/// Valid eBPF that bpf4j knows by name but cannot run: an instruction, a helper, a program or map
/// type.
public final class UnsupportedException extends BpfException {
  private static final long serialVersionUID = 1;

  public UnsupportedException(String where, String what) {
    super(where + ": " + what);
  }
}
