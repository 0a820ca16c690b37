package io.bpf4j.error;

/// An instruction that cannot be decoded, or a jump that leads nowhere: the pc (in slots) and the
/// rule.
public final class InsnFormatException extends BpfException {
  private static final long serialVersionUID = 1;

  private final int pc;

  public InsnFormatException(int pc, String rule) {
    super("insn " + pc + ": " + rule);
    this.pc = pc;
  }

  public int pc() {
    return pc;
  }
}
