package io.bpf4j.error;

/// A checked program touched memory that is none of its regions, or in a way the region forbids.
public final class MemoryFault extends ProgramFault {
  private static final long serialVersionUID = 1;

  private final long address;

  public MemoryFault(String program, int pc, long address, String message) {
    super(program, pc, message);
    this.address = address;
  }

  public long address() {
    return address;
  }
}
