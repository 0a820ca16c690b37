package io.bpf4j.isa;

import io.bpf4j.error.InsnFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads instructions in the spelling of [Disassembler], one a line.
///
/// `name:` is a label, alone on its line or before an instruction; it may stand wherever the
/// disassembler writes `pc+3` (`goto name`, `call name`, `r1 = subprog[name]`). `;` starts a
/// comment. Numbers are decimal or hexadecimal. Where a size decides the width, as in a load or an
/// atomic operation, registers may be written `r1` or `w1`, as the kernel or LLVM does.
public final class Assembler {
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Line> lines = new ArrayList<>();

  /// An instruction's words and where it stands.
  private record Line(int number, int pc, String text, List<String> words) {}

  private Assembler() {}

  /// Assembles a program.
  ///
  /// @throws InsnFormatException naming the slot, the line and what cannot be read
  public static Insns assemble(String source) {
    Assembler assembler = new Assembler();
    assembler.layOut(source);
    List<Insn> insns = new ArrayList<>(assembler.lines.size());
    for (Line line : assembler.lines) {
      insns.add(assembler.parse(line, target -> assembler.distance(line.pc(), target)));
    }
    return Insns.of(insns);
  }

  /// Finds the slot of every line, and thereby where labels point.
  private void layOut(String source) {
    int pc = 0;
    int number = 0;
    for (String raw : source.lines().toList()) {
      number++;
      int comment = raw.indexOf(';');
      String text = (comment < 0 ? raw : raw.substring(0, comment)).strip();
      List<String> words = AssemblyLine.words(text);
      Line line = new Line(number, pc, text, words);
      while (words.size() >= 2 && words.get(1).equals(":")) {
        label(line, words.getFirst());
        words = words.subList(2, words.size());
      }
      if (!words.isEmpty()) {
        Line insn = new Line(number, pc, text, words);
        lines.add(insn);
        pc += parse(insn, _ -> 0).slots();
      }
    }
  }

  private void label(Line line, String name) {
    if (!name.matches("[A-Za-z_.][A-Za-z0-9_.$]*") || name.equals("pc")) {
      throw refuse(line, "'" + name + "' cannot be a label");
    }
    if (labels.put(name, line.pc()) != null) {
      throw refuse(line, "label '" + name + "' stands twice");
    }
  }

  private Insn parse(Line line, AssemblyLine.Targets targets) {
    try {
      return new AssemblyLine(line.words(), targets).insn();
    } catch (IllegalArgumentException e) {
      throw refuse(line, String.valueOf(e.getMessage()));
    }
  }

  private int distance(int pc, String label) {
    Integer slot = labels.get(label);
    if (slot == null) {
      throw new IllegalArgumentException("label '" + label + "' stands nowhere");
    }
    return slot - pc - 1;
  }

  private static InsnFormatException refuse(Line line, String rule) {
    return new InsnFormatException(
        line.pc(), "line %d: '%s': %s".formatted(line.number(), line.text(), rule));
  }
}
