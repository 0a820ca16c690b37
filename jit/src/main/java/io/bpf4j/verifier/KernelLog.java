package io.bpf4j.verifier;

import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.InsnEncoder;
import io.bpf4j.isa.Insns;
import io.bpf4j.prog.LineInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The walk in the format of the kernel's verifier log (kernel/bpf/log.c): each instruction with
/// its opcode, behind it the registers and slots it changed, and a full state where a path is taken
/// up.
final class KernelLog implements WalkLog {
  /// Where the text is cut: a walk of a million instructions says no more than its start.
  private static final int MAX_CHARS = 1 << 24;

  private static final int COLUMN = 40;

  private final Subject subject;
  private final Rules rules;
  private final StringBuilder out = new StringBuilder();
  private @Nullable Frame shown;
  private @Nullable String pending;
  private boolean resumed = true;
  private int from = -1;
  private @Nullable LineInfo line;

  KernelLog(Subject subject, Rules rules) {
    this.subject = subject;
    this.rules = rules;
  }

  @Override
  public void before(Walk walk, Insn insn) {
    if (out.length() > MAX_CHARS) {
      return;
    }
    State state = walk.state;
    flush(state.frame());
    if (resumed) {
      out.append(from < 0 ? "0:" : "\nfrom %d to %d:".formatted(from, state.pc));
      out.append(StateText.of(state)).append('\n');
      resumed = false;
    }
    source(state.pc);
    int opcode = Byte.toUnsignedInt(InsnEncoder.encode(Insns.of(List.of(insn)))[0]);
    pending =
        "%d: (%02x) %s".formatted(state.pc, opcode, Disassembler.text(insn, rules::helperName));
    shown = state.frame().copy();
  }

  private void source(int pc) {
    LineInfo now = subject.lineAt(pc);
    if (now != null && !now.equals(line)) {
      out.append("; ").append(now.text().strip()).append(" @ ").append(now.place()).append('\n');
    }
    line = now;
  }

  /// Writes the last instruction, now that its effect is known.
  private void flush(@Nullable Frame now) {
    String text = pending;
    if (text == null) {
      return;
    }
    Frame before = shown;
    String changes =
        now == null || before == null || before.depth != now.depth
            ? ""
            : StateText.changes(before, now);
    out.append(text);
    if (!changes.isEmpty()) {
      out.append(" ".repeat(Math.max(1, COLUMN - text.length()))).append(';').append(changes);
    }
    out.append('\n');
    pending = null;
  }

  @Override
  public void safe(int from, int pc) {
    flush(null);
    out.append(resumed ? "\nfrom %d to %d: safe\n".formatted(from, pc) : pc + ": safe\n");
  }

  @Override
  public void resume(int from, int pc) {
    flush(null);
    this.from = from;
    resumed = true;
  }

  @Override
  public void line(String text) {
    flush(null);
    out.append(text).append('\n');
  }

  @Override
  public String text() {
    flush(null);
    return out.toString();
  }
}
