package io.bpf4j.codegen;

import io.bpf4j.conformance.ToyPlatform;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Makes programs that have a legal structure and otherwise do what they like: most of their
/// accesses are good, some are not, and pointers to stack, context, memory and map values are
/// moved, spilled, added to and mixed up.
///
/// By habit, not by force: R6 holds what R1 was, R7 a pointer into the frame, R8 a map value or
/// something else, and the rest are scratch.
final class RandomProgram {
  private static final int[] EDGES = {
    0,
    1,
    -1,
    2,
    3,
    4,
    7,
    8,
    12,
    15,
    16,
    31,
    32,
    63,
    64,
    255,
    4096,
    65535,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE
  };
  private static final int[] STACK = {-4, -8, -12, -16, -24, -32, -40, -64, -104, -512};
  private static final int[] DEEP = {-2, -3, -6, -9, -13, -513, -516, 0, 4, 8, 512};

  private final RandomGenerator random;
  private final boolean typed;
  private final int statements;
  private final List<Insn> insns = new ArrayList<>();
  private final Map<Integer, Integer> jumps = new HashMap<>();
  private final Map<Integer, Integer> calls = new HashMap<>();
  private int functions;
  private int function;

  private RandomProgram(RandomGenerator random, boolean typed, int statements) {
    this.random = random;
    this.typed = typed;
    this.statements = statements;
  }

  /// A program.
  ///
  /// @param typed whether it is made for a context, or for memory
  /// @param statements about how many things it does in each function
  static Insns make(RandomGenerator random, boolean typed, int statements) {
    return new RandomProgram(random, typed, statements).make();
  }

  private Insns make() {
    functions = 1 + (random.nextInt(3) == 0 ? random.nextInt(3) : 0);
    List<Integer> starts = new ArrayList<>();
    for (function = 0; function < functions; function++) {
      starts.add(insns.size());
      functionBody();
    }
    int[] pcs = new int[insns.size() + 1];
    for (int i = 0; i < insns.size(); i++) {
      pcs[i + 1] = pcs[i] + insns.get(i).slots();
    }
    jumps.forEach((at, to) -> insns.set(at, retarget(insns.get(at), pcs[to] - pcs[at] - 1)));
    calls.forEach(
        (at, to) -> insns.set(at, retarget(insns.get(at), pcs[starts.get(to)] - pcs[at] - 1)));
    return Insns.of(insns);
  }

  private static Insn retarget(Insn insn, int offset) {
    return switch (insn) {
      case Insn.Jump j -> new Insn.Jump(j.op(), j.width(), j.dst(), j.src(), (short) offset);
      case Insn.Goto g -> new Insn.Goto(offset, g.wide());
      case Insn.MayGoto _ -> new Insn.MayGoto((short) offset);
      case Insn.CallLocal _ -> new Insn.CallLocal(offset);
      case Insn.LoadImm64 l -> new Insn.LoadImm64(l.dst(), l.source(), offset);
      default -> throw new IllegalArgumentException(insn.toString());
    };
  }

  private void functionBody() {
    int first = insns.size();
    add(move(Reg.R6, Reg.R1));
    add(move(Reg.R7, Reg.R10));
    add(alu64(AluOp.ADD, Reg.R7, new Imm(pick(STACK))));
    List<Integer> places = new ArrayList<>();
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < statements; i++) {
      places.add(insns.size());
      for (int j = open.size() - 1; j >= 0; j--) {
        if (random.nextInt(3) == 0) {
          jumps.put(open.get(j), insns.size());
          open.subList(j, j + 1).clear();
        }
      }
      statement(first, places, open);
    }
    int end = insns.size();
    open.forEach(at -> jumps.put(at, end));
    if (random.nextBoolean()) {
      add(move(Reg.R0, scratch()));
    }
    add(new Insn.Exit());
  }

  private void statement(int first, List<Integer> places, List<Integer> open) {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3 -> arithmetic();
      case 4, 5 -> stack();
      case 6 -> throughCopy();
      case 7, 8 -> source();
      case 9 -> computed();
      case 10, 11, 12 -> {
        open.add(insns.size());
        add(condition());
      }
      case 13 -> back(first, places);
      case 14, 15 -> map();
      case 16 -> helper();
      case 18 -> value();
      case 17 -> atomic();
      case 21 -> call();
      case 19 -> spill();
      case 20 -> callThroughRegister();
      case 22 -> {
        if (random.nextBoolean()) {
          wild();
        } else {
          pointer();
        }
      }
      default -> add(move(scratch(), scratch()));
    }
  }

  private void arithmetic() {
    Width width = random.nextBoolean() ? Width.W64 : Width.W32;
    Reg dst = scratch();
    switch (random.nextInt(8)) {
      case 0 -> add(new Insn.Neg(width, dst));
      case 1 -> add(new Insn.Swap(pick(Insn.Swap.Order.values()), 16 << random.nextInt(3), dst));
      case 2 -> {
        Size from = random.nextBoolean() ? Size.B : Size.H;
        add(new Insn.MovSx(width, from, dst, scratch()));
      }
      case 3 -> add(new Insn.Mov(width, dst, operand()));
      case 4 -> add(new Insn.LoadImm64(dst, PseudoLoad.IMM, random.nextLong()));
      default -> add(new Insn.Alu(pick(AluOp.values()), width, dst, operand()));
    }
  }

  private void stack() {
    int offset = rarely() ? pick(DEEP) : pick(STACK);
    access(Reg.R10, offset);
  }

  private void throughCopy() {
    access(Reg.R7, rarely() ? pick(DEEP) : -8 * random.nextInt(4));
  }

  /// The context, or the memory.
  private void source() {
    if (typed) {
      int[] good = {0, 2, 4, 8};
      access(Reg.R6, rarely() ? random.nextInt(20) - 2 : pick(good));
    } else {
      access(Reg.R6, rarely() ? random.nextInt(80) - 8 : random.nextInt(56));
    }
  }

  private void access(Reg base, int offset) {
    Size size = pick(Size.values());
    boolean context = typed && base == Reg.R6;
    if (context && !rarely()) {
      size = offset == 8 ? Size.DW : offset == 0 ? Size.W : Size.H;
    }
    switch (context && !rarely() ? 2 + random.nextInt(2) : random.nextInt(5)) {
      case 0, 1 -> add(new Insn.Store(size, base, (short) offset, operand()));
      case 2 -> add(new Insn.Load(size, size != Size.DW, scratch(), base, (short) offset));
      default -> add(new Insn.Load(size, false, scratch(), base, (short) offset));
    }
  }

  private void computed() {
    Reg index = scratch();
    add(alu64(AluOp.AND, index, new Imm(rarely() ? 127 : 31)));
    add(
        alu64(
            AluOp.ADD,
            index,
            rarely() ? Reg.R8 : pick(typed ? new Reg[] {Reg.R7} : new Reg[] {Reg.R6, Reg.R7})));
    access(index, rarely() ? random.nextInt(99) - 50 : typed ? -64 : random.nextInt(8));
  }

  private Insn condition() {
    if (random.nextInt(16) == 0) {
      return new Insn.MayGoto((short) 0);
    }
    Width width = random.nextBoolean() ? Width.W64 : Width.W32;
    return new Insn.Jump(pick(JmpOp.values()), width, scratch(), operand(), (short) 0);
  }

  private void back(int first, List<Integer> places) {
    int to = random.nextInt(4) == 0 ? first : places.get(random.nextInt(places.size()));
    jumps.put(insns.size(), to);
    add(condition());
  }

  private void map() {
    add(new Insn.Store(Size.W, Reg.R10, (short) -4, new Imm(random.nextInt(5))));
    add(new Insn.LoadImm64(Reg.R1, PseudoLoad.MAP_IDX, random.nextInt(2)));
    add(move(Reg.R2, Reg.R10));
    add(alu64(AluOp.ADD, Reg.R2, new Imm(-4)));
    add(new Insn.CallHelper(ToyPlatform.LOOKUP));
    Reg value = random.nextBoolean() ? Reg.R0 : Reg.R8;
    add(move(value, Reg.R0));
    if (!rarely()) {
      add(new Insn.Jump(JmpOp.JEQ, Width.W64, Reg.R0, new Imm(0), (short) 1));
    }
    access(value, rarely() ? random.nextInt(20) - 2 : 4 * random.nextInt(2));
  }

  private void helper() {
    switch (random.nextInt(4)) {
      case 0 -> add(new Insn.CallHelper(ToyPlatform.WEIGH));
      case 1 -> add(new Insn.CallHelper(typed ? ToyPlatform.WEIGH : ToyPlatform.TICK));
      default -> {
        add(
            move(
                Reg.R1,
                rarely() ? pick(new Reg[] {Reg.R8, Reg.R6}) : pick(new Reg[] {Reg.R10, Reg.R7})));
        add(alu64(AluOp.ADD, Reg.R1, new Imm(random.nextInt(3) == 0 ? -24 : -16)));
        Operand size = rarely() ? scratch() : new Imm(1 + random.nextInt(16));
        add(new Insn.Mov(Width.W64, Reg.R2, size));
        int id = random.nextBoolean() ? ToyPlatform.FILL : ToyPlatform.SUM;
        add(new Insn.CallHelper(id));
      }
    }
  }

  private void atomic() {
    AtomicOp op = pick(AtomicOp.values());
    boolean fetch = op == AtomicOp.XCHG || op == AtomicOp.CMPXCHG || random.nextBoolean();
    Size size = random.nextBoolean() ? Size.W : Size.DW;
    Reg base = rarely() ? pick(new Reg[] {Reg.R8, Reg.R6}) : pick(new Reg[] {Reg.R10, Reg.R7});
    int offset = -8 * (1 + random.nextInt(4));
    switch (random.nextInt(6)) {
      case 0 -> add(new Insn.LoadAcquire(size, scratch(), base, (short) offset));
      case 1 -> add(new Insn.StoreRelease(size, base, (short) offset, scratch()));
      default -> add(new Insn.Atomic(op, fetch, size, base, (short) offset, scratch()));
    }
  }

  /// Through R8, made good first.
  private void value() {
    if (rarely()) {
      access(Reg.R8, random.nextInt(16));
      return;
    }
    long where = random.nextInt(2) | (long) (16 * random.nextInt(3)) << 32;
    add(new Insn.LoadImm64(Reg.R8, PseudoLoad.MAP_IDX_VALUE, where));
    if (random.nextBoolean()) {
      Reg index = scratch();
      add(alu64(AluOp.AND, index, new Imm(4)));
      add(alu64(AluOp.ADD, Reg.R8, index));
    }
    Size size = random.nextBoolean() ? Size.W : Size.B;
    if ((where & 1) == 0) {
      add(new Insn.Store(size, Reg.R8, (short) (4 * random.nextInt(2)), operand()));
    }
    add(new Insn.Load(size, false, scratch(), Reg.R8, (short) (4 * random.nextInt(2))));
  }

  private void call() {
    if (functions > 1) {
      // Rarely itself or a caller: recursion ends by depth or by budget.
      int callee =
          random.nextInt(6) == 0 || function + 1 >= functions
              ? random.nextInt(functions)
              : function + 1 + random.nextInt(functions - function - 1);
      if (callee <= function && random.nextInt(3) != 0) {
        return;
      }
      add(move(Reg.R1, pick(new Reg[] {Reg.R6, Reg.R7, Reg.R8, Reg.R0})));
      calls.put(insns.size(), callee);
      add(new Insn.CallLocal(0));
    }
  }

  private void callThroughRegister() {
    if (functions > 1 && random.nextInt(3) == 0) {
      Reg target = scratch();
      calls.put(insns.size(), random.nextInt(functions - 1) + 1);
      add(new Insn.LoadImm64(target, PseudoLoad.FUNC, 0));
      add(new Insn.CallReg(target));
    }
  }

  private void spill() {
    Reg what = pick(new Reg[] {Reg.R6, Reg.R7, Reg.R8, Reg.R10, Reg.R0});
    int offset = pick(STACK);
    if (random.nextInt(3) != 0) {
      offset &= -8;
    }
    add(new Insn.Store(Size.DW, Reg.R10, (short) offset, what));
    if (random.nextBoolean()) {
      add(new Insn.Load(Size.DW, false, Reg.R8, Reg.R10, (short) offset));
    }
  }

  private void wild() {
    if (rarely()) {
      access(scratch(), random.nextInt(64) - 32);
    }
  }

  private void pointer() {
    Reg dst = random.nextBoolean() ? Reg.R8 : scratch();
    switch (random.nextInt(4)) {
      case 0 ->
          add(
              new Insn.LoadImm64(
                  dst,
                  PseudoLoad.MAP_IDX_VALUE,
                  random.nextInt(2) | (long) random.nextInt(18) << 32));
      case 1 -> add(move(dst, Reg.R6));
      case 2 -> {
        add(move(dst, Reg.R10));
        add(alu64(AluOp.ADD, dst, new Imm(pick(STACK))));
      }
      default -> add(alu64(AluOp.ADD, dst, new Imm(random.nextInt(9) - 4)));
    }
  }

  private boolean rarely() {
    return random.nextInt(2 * statements) == 0;
  }

  private Reg scratch() {
    return Reg.of(pick(new int[] {0, 1, 2, 3, 4, 5, 9, 0, 3, rarely() ? 8 : 9}));
  }

  private Operand operand() {
    return random.nextBoolean()
        ? scratch()
        : new Imm(random.nextInt(3) == 0 ? random.nextInt() : pick(EDGES));
  }

  private static Insn move(Reg dst, Operand src) {
    return new Insn.Mov(Width.W64, dst, src);
  }

  private static Insn alu64(AluOp op, Reg dst, Operand src) {
    return new Insn.Alu(op, Width.W64, dst, src);
  }

  private void add(Insn insn) {
    insns.add(insn);
  }

  private int pick(int[] of) {
    return of[random.nextInt(of.length)];
  }

  private <T> T pick(T[] of) {
    return of[random.nextInt(of.length)];
  }
}
