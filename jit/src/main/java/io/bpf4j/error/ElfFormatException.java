package io.bpf4j.error;

/// An object that cannot be read: the byte offset in the file (or -1) and the rule it breaks.
public final class ElfFormatException extends BpfException {
  private static final long serialVersionUID = 1;

  private final long offset;

  public ElfFormatException(String object, long offset, String rule) {
    super(
        offset < 0 ? object + ": " + rule : "%s: offset 0x%x: %s".formatted(object, offset, rule));
    this.offset = offset;
  }

  public long offset() {
    return offset;
  }
}
