package io.bpf4j.isa;

/// The width of an arithmetic operation or a comparison. A 32-bit result zero-extends to 64 bits.
public enum Width {
  W32(32),
  W64(64);

  private final int bits;

  Width(int bits) {
    this.bits = bits;
  }

  public int bits() {
    return bits;
  }
}
