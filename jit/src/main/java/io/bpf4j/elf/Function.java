package io.bpf4j.elf;

import io.bpf4j.isa.Insns;
import java.util.HashMap;
import java.util.Map;

/// A function as it stands in its section, and what its instructions refer to. Two are the same
/// only when they are one.
final class Function {
  private final String name;
  private final ElfSection section;
  private final long start;
  private final boolean local;
  private final Insns insns;
  private final Map<Integer, Reference> references = new HashMap<>();

  Function(String name, ElfSection section, long start, boolean local, Insns insns) {
    this.name = name;
    this.section = section;
    this.start = start;
    this.local = local;
    this.insns = insns;
  }

  String name() {
    return name;
  }

  ElfSection section() {
    return section;
  }

  /// Byte offset of the first instruction in the section.
  long start() {
    return start;
  }

  /// Byte offset behind the last instruction.
  long end() {
    return start + 8L * insns.size();
  }

  /// Whether only its own object sees it (`static` in C).
  boolean local() {
    return local;
  }

  Insns insns() {
    return insns;
  }

  /// What instructions refer to, by their slot in this function.
  Map<Integer, Reference> references() {
    return references;
  }

  /// The function's slot of a byte offset in the section, or -1 when no instruction starts there.
  int pcAt(long offset) {
    long bytes = offset - start;
    int pc = (int) (bytes / 8);
    return bytes >= 0 && bytes % 8 == 0 && insns.startsAt(pc) ? pc : -1;
  }

  /// `insn 3 of 'f'`, for messages.
  String place(int pc) {
    return "insn %d of '%s'".formatted(pc, name);
  }
}
