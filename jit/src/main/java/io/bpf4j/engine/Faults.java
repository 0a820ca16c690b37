package io.bpf4j.engine;

import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.error.CallFault;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.isa.Disassembler;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Region;
import io.bpf4j.platform.CtxField;
import io.bpf4j.platform.CtxLayout;
import io.bpf4j.platform.Helper;
import io.bpf4j.prog.LineInfo;
import org.jspecify.annotations.Nullable;

/// The words of run-time faults: `prog 'steer' insn 41 (r1 = *(u32 *)(r0 +0)): r0 = 0x0: 4-byte
/// read of no memory of the program, steer.bpf.c:27`.
final class Faults {
  private Faults() {}

  static MemoryFault access(
      Bound bound, Cpu cpu, long fp, int pc, long address, int size, String verb) {
    String what = "%d-byte %s %s".formatted(size, verb, where(bound, cpu, fp, address, size, verb));
    return new MemoryFault(
        bound.program().name(), pc, address, message(bound, pc, base(bound, pc, address) + what));
  }

  static MemoryFault alignment(Bound bound, int pc, long address, int size, String verb) {
    String what =
        "%d-byte %s at 0x%x, which is not aligned to its size".formatted(size, verb, address);
    return new MemoryFault(
        bound.program().name(), pc, address, message(bound, pc, base(bound, pc, address) + what));
  }

  static MemoryFault field(
      Bound bound, CtxLayout layout, int pc, long offset, long address, int size) {
    CtxField field = layout.fieldAt(offset);
    String what =
        "%d-byte read at offset %d of %s%s is not legal"
            .formatted(
                size, offset, layout.struct(), field == null ? "" : " (" + field.name() + ")");
    return new MemoryFault(bound.program().name(), pc, address, message(bound, pc, what));
  }

  static MemoryFault argument(
      Bound bound, Helper helper, int pc, int index, long value, String rule) {
    String what = "%s: R%d = 0x%x %s".formatted(helper.name(), index + 1, value, rule);
    return new MemoryFault(bound.program().name(), pc, value, message(bound, pc, what));
  }

  static BudgetExhausted budget(Bound bound, int pc) {
    String what =
        "the budget of %d back edges and calls is spent".formatted(bound.options().fuel());
    return new BudgetExhausted(bound.program().name(), pc, message(bound, pc, what));
  }

  static CallFault call(Bound bound, int pc, String what) {
    return new CallFault(bound.program().name(), pc, message(bound, pc, what));
  }

  private static String message(Bound bound, int pc, String what) {
    LineInfo line = bound.program().lineAt(pc);
    return "prog '%s' insn %d (%s): %s%s"
        .formatted(
            bound.program().name(),
            pc,
            text(bound, pc),
            what,
            line == null ? "" : ", " + line.place());
  }

  private static String text(Bound bound, int pc) {
    return Disassembler.text(
        bound.program().insns().at(pc),
        id -> {
          Helper helper = bound.platform().helper(id);
          return helper == null ? null : helper.name();
        });
  }

  private static String base(Bound bound, int pc, long address) {
    Insn insn = bound.program().insns().at(pc);
    @Nullable Reg reg =
        switch (insn) {
          case Insn.Load load -> load.base();
          case Insn.Store store -> store.base();
          case Insn.Atomic atomic -> atomic.base();
          case Insn.LoadAcquire load -> load.base();
          case Insn.StoreRelease store -> store.base();
          default -> null;
        };
    int offset =
        switch (insn) {
          case Insn.Load load -> load.offset();
          case Insn.Store store -> store.offset();
          case Insn.Atomic atomic -> atomic.offset();
          case Insn.LoadAcquire load -> load.offset();
          case Insn.StoreRelease store -> store.offset();
          default -> 0;
        };
    return reg == null
        ? ""
        : "%s = 0x%x: ".formatted(reg.spelling(io.bpf4j.isa.Width.W64), address - offset);
  }

  private static String where(Bound bound, Cpu cpu, long fp, long address, int size, String verb) {
    if (address >= 0 && address < 4096) {
      return "through a null pointer";
    }
    String rule =
        verb.equals("write") ? ", which is read-only" : ", which takes no atomic accesses";
    CtxLayout ctx = bound.ctx();
    if (ctx != null && address - cpu.ctx() >= 0 && address - cpu.ctx() < ctx.size()) {
      CtxField field = ctx.fieldAt(address - cpu.ctx());
      return verb.equals("write") && field != null && !field.stores().isEmpty()
          ? "to %s of %s, which takes no such write".formatted(field.name(), ctx.struct())
          : "to " + ctx.struct() + rule;
    }
    if (address > cpu.stackTop() - (long) Cpu.FRAME_BYTES * Cpu.MAX_FRAMES - 4096
        && address < cpu.stackTop()) {
      return "at fp%+d, outside the stack".formatted(address - fp);
    }
    Region region = Checks.find(bound, cpu, address);
    if (region == null) {
      return "of no memory of the program";
    }
    if (region.holds(address, size)) {
      return "to " + region.name() + rule;
    }
    long offset = (address - region.base()) & (region.stride() - 1);
    return "at offset %d of %s, which has %d bytes"
        .formatted(offset, region.name(), region.cellSize());
  }
}
