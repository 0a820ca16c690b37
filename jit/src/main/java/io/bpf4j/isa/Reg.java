package io.bpf4j.isa;

/// A BPF register. `R10` is the read-only frame pointer (RFC 9669 section 2).
public enum Reg implements Operand {
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  R10;

  private static final Reg[] ALL = values();

  /// The frame pointer: the first byte above the current function's stack.
  public static final Reg FP = R10;

  /// The register with this number, 0 to 10.
  public static Reg of(int number) {
    return ALL[number];
  }

  /// The kernel's spelling at 64 bits: `r3`.
  public String spelling(Width width) {
    return (width == Width.W64 ? "r" : "w") + ordinal();
  }
}
