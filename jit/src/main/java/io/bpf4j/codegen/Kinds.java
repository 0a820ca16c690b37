package io.bpf4j.codegen;

import io.bpf4j.engine.Bound;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Cpu;
import io.bpf4j.platform.Helper;
import io.bpf4j.prog.ProgType;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The kind of every register and promoted slot before each instruction: a forward dataflow over
/// all functions at once. A function's arguments are the join of what its callers pass; what an
/// instruction cannot reach has no state.
///
/// A state is an array: R0 to R10, then the slots of the function.
final class Kinds {
  static final int REGS = 11;

  private final Bound bound;
  private final Cfg cfg;
  private final MapShapes maps;
  private final List<Slots> slots;
  private final Kind[] @Nullable [] before;
  private final BitSet work = new BitSet();

  private Kinds(Bound bound, Cfg cfg, MapShapes maps, List<Slots> slots) {
    this.bound = bound;
    this.cfg = cfg;
    this.maps = maps;
    this.slots = slots;
    this.before = new Kind[cfg.insns().size()] @Nullable [];
  }

  /// Solves the dataflow.
  ///
  /// @param slots the promoted slots, by function
  static Kinds solve(Bound bound, Cfg cfg, MapShapes maps, List<Slots> slots) {
    Kinds kinds = new Kinds(bound, cfg, maps, slots);
    boolean bare = bound.program().type() == ProgType.UNSPEC;
    Kind r1 = bound.ctx() != null ? Kind.CTX : bare ? Kind.NEAR_MEM : Kind.NUMBER;
    Kind[] arguments = {r1, Kind.NUMBER, Kind.ZERO, Kind.ZERO, Kind.ZERO};
    kinds.enter(0, arguments);
    int pc = 0;
    while (!kinds.work.isEmpty()) {
      pc = kinds.work.nextSetBit(pc);
      if (pc < 0) {
        pc = 0;
        continue;
      }
      kinds.work.clear(pc);
      kinds.step(pc);
    }
    return kinds;
  }

  /// Whether control can reach the instruction.
  boolean reaches(int pc) {
    return before[pc] != null;
  }

  /// The state before an instruction that can be reached; not to be changed.
  Kind[] before(int pc) {
    Kind[] state = before[pc];
    if (state == null) {
      throw new IllegalStateException("no state at pc " + pc);
    }
    return state;
  }

  Kind before(int pc, Reg reg) {
    return before(pc)[reg.ordinal()];
  }

  /// The state after an instruction, on every way out of it.
  Kind[] after(int pc) {
    Kind[] state = before(pc).clone();
    transfer(pc, cfg.insns().at(pc), state);
    return state;
  }

  private void step(int pc) {
    Insn insn = cfg.insns().at(pc);
    Kind[] state = before(pc).clone();
    if (insn instanceof Insn.CallLocal call) {
      enter(Cfg.callee(pc, call), Arrays.copyOfRange(state, 1, 6));
    } else if (insn instanceof Insn.CallReg) {
      // It may be any function, by whatever way the program came to its number.
      Kind[] any = Arrays.copyOfRange(state, 1, 6);
      for (int i = 0; i < any.length; i++) {
        any[i] = any[i].join(Kind.NUMBER);
      }
      cfg.functions().forEach(function -> enter(function.start(), any.clone()));
    }
    transfer(pc, insn, state);
    if (cfg.fallsThrough(pc)) {
      flow(cfg.insns().next(pc), state);
    }
    int jump = cfg.jump(pc);
    if (jump != Cfg.NO_JUMP) {
      flow(jump, state);
    }
  }

  private void enter(int entry, Kind[] arguments) {
    Kind[] state = new Kind[REGS + slots.get(cfg.functionAt(entry).index()).list().size()];
    Arrays.fill(state, Kind.ZERO);
    for (int i = 0; i < arguments.length; i++) {
      // A caller's frame pointer is not ours.
      state[1 + i] = arguments[i].is(Kind.Tag.FP) ? Kind.NEAR_STACK : arguments[i];
    }
    state[Reg.FP.ordinal()] = Kind.FP;
    flow(entry, state);
  }

  private void flow(int pc, Kind[] state) {
    Kind[] old = before[pc];
    if (old == null) {
      before[pc] = state.clone();
      work.set(pc);
    } else if (Kind.joinInto(old, state)) {
      work.set(pc);
    }
  }

  private void transfer(int pc, Insn insn, Kind[] state) {
    switch (insn) {
      case Insn.Mov(Width width, Reg dst, Operand src) -> {
        Kind from = operand(state, src);
        set(state, dst, width == Width.W64 ? from : low(from));
      }
      case Insn.Alu alu -> set(state, alu.dst(), alu(alu, state));
      case Insn.MovSx mov -> set(state, mov.dst(), Kind.NUMBER);
      case Insn.Neg neg -> set(state, neg.dst(), Kind.NUMBER);
      case Insn.Swap swap -> set(state, swap.dst(), Kind.NUMBER);
      case Insn.LoadImm64 load -> set(state, load.dst(), wide(load, pc));
      case Insn.Load load -> set(state, load.dst(), load(pc, load, state));
      case Insn.LoadAcquire load -> set(state, load.dst(), Kind.NUMBER);
      case Insn.Store store -> store(pc, store, state);
      case Insn.Atomic atomic when atomic.op() == AtomicOp.CMPXCHG ->
          set(state, Reg.R0, Kind.NUMBER);
      case Insn.Atomic atomic when atomic.fetch() -> set(state, atomic.src(), Kind.NUMBER);
      case Insn.CallHelper(int id) -> set(state, Reg.R0, result(id, state));
      case Insn.CallLocal _, Insn.CallReg _, Insn.LegacyLoad _ -> set(state, Reg.R0, Kind.NUMBER);
      default -> {}
    }
  }

  private static void set(Kind[] state, Reg reg, Kind kind) {
    state[reg.ordinal()] = kind;
  }

  static Kind operand(Kind[] state, Operand operand) {
    return switch (operand) {
      case Reg reg -> state[reg.ordinal()];
      case Imm(int value) -> Kind.constant(value);
    };
  }

  private static Kind low(Kind kind) {
    return kind.is(Kind.Tag.CONST) ? Kind.constant(kind.value() & 0xffff_ffffL) : Kind.NUMBER;
  }

  private static Kind alu(Insn.Alu alu, Kind[] state) {
    Kind a = state[alu.dst().ordinal()];
    Kind b = operand(state, alu.src());
    if (a.is(Kind.Tag.CONST) && b.is(Kind.Tag.CONST)) {
      return Kind.constant(alu.op().apply(alu.width(), a.value(), b.value()));
    }
    if (alu.width() == Width.W32) {
      return Kind.NUMBER;
    }
    return switch (alu.op()) {
      case ADD -> a.plus(b, false);
      case SUB -> a.plus(b, true);
      // Rounding a pointer leaves it near where it was.
      case AND, OR -> b.is(Kind.Tag.CONST) ? a.near() : Kind.NUMBER;
      default -> Kind.NUMBER;
    };
  }

  private Kind wide(Insn.LoadImm64 load, int pc) {
    return switch (load.source()) {
      case MAP_IDX -> Kind.map(load.low());
      case MAP_IDX_VALUE ->
          maps.direct(load.low())
              ? Kind.direct(load.low(), Integer.toUnsignedLong(load.high()))
              : Kind.NUMBER;
      default -> Kind.constant(bound.wideValue(load, pc));
    };
  }

  private Kind load(int pc, Insn.Load load, Kind[] state) {
    int slot = slot(pc, state, load.base(), load.offset(), load.size());
    return slot >= 0 && load.size() == Size.DW ? state[REGS + slot] : Kind.NUMBER;
  }

  private void store(int pc, Insn.Store store, Kind[] state) {
    int slot = slot(pc, state, store.base(), store.offset(), store.size());
    if (slot >= 0) {
      state[REGS + slot] = store.size() == Size.DW ? operand(state, store.src()) : Kind.NUMBER;
    }
  }

  private int slot(int pc, Kind[] state, Reg base, int offset, Size size) {
    Kind kind = state[base.ordinal()];
    return kind.is(Kind.Tag.FP) ? slots(pc).indexOf(kind.value() + offset, size.bytes()) : -1;
  }

  /// The promoted slots of the function around an instruction.
  Slots slots(int pc) {
    return slots.get(cfg.functionAt(pc).index());
  }

  private Kind result(int id, Kind[] state) {
    Helper helper = bound.platform().helper(id);
    Kind map = state[Reg.R1.ordinal()];
    return helper != null && map.is(Kind.Tag.MAP) && maps.looksUp(helper, map.map())
        ? Kind.value(map.map())
        : Kind.NUMBER;
  }

  /// Whether a pointer's distance keeps `size` bytes inside the function's own frame.
  static boolean inFrame(long offset, long size) {
    return offset >= -Cpu.FRAME_BYTES && offset <= -size;
  }
}
