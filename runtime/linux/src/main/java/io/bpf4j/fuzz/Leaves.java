package io.bpf4j.fuzz;

import io.bpf4j.helper.MapHelpers;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Writes the statements of a generated function that hold no others: arithmetic, accesses to
/// memory, atomics, maps.
final class Leaves {
  private final Code code;
  private final RandomGenerator random;
  private final Registers regs;

  /// The part of the frame that may be accessed, from R10.
  private final Pointer frame;

  /// The register that points at the start of the memory, or null.
  private final @Nullable Reg home;

  Leaves(Code code, RandomGenerator random, Registers regs, Pointer frame, @Nullable Reg home) {
    this.home = home;
    this.code = code;
    this.random = random;
    this.regs = regs;
    this.frame = frame;
  }

  /// A base register and what is known of it.
  private record Base(Reg reg, Pointer pointer) {}

  /// A register that holds a number; if need be one is made to.
  Reg number() {
    Reg reg = regs.anyNumber(random, false);
    return reg != null ? reg : writableNumber();
  }

  private Reg writableNumber() {
    Reg reg = regs.anyNumber(random, true);
    if (reg != null) {
      return reg;
    }
    Reg made = regs.anyWritable(random);
    constant(made);
    return made;
  }

  /// Puts a number into a register.
  void constant(Reg reg) {
    if (random.nextInt(4) == 0) {
      code.add(new Insn.LoadImm64(reg, PseudoLoad.IMM, Input.number(random)));
    } else {
      code.add(new Insn.Mov(Generator.width(random), reg, Generator.immediate(random)));
    }
    regs.number(reg);
  }

  /// A number or an immediate.
  Operand operand() {
    return random.nextInt(3) == 0 ? Generator.immediate(random) : number();
  }

  void arithmetic() {
    Width width = Generator.width(random);
    switch (random.nextInt(12)) {
      case 0 -> code.add(new Insn.Neg(width, writableNumber()));
      case 1 -> {
        Insn.Swap.Order order = Generator.pick(Insn.Swap.Order.values(), random);
        code.add(new Insn.Swap(order, 16 << random.nextInt(3), writableNumber()));
      }
      case 2 -> {
        Size from = random.nextBoolean() ? Size.B : Size.H;
        boolean word = width == Width.W64 && random.nextInt(3) == 0;
        Reg src = number();
        write(dst -> new Insn.MovSx(width, word ? Size.W : from, dst, src));
      }
      case 3 -> {
        Reg src = number();
        write(dst -> new Insn.Mov(width, dst, src));
      }
      case 4 -> constant(regs.anyWritable(random));
      default -> {
        AluOp op = Generator.pick(Generator.ALU, random);
        Reg dst = writableNumber();
        Operand src = random.nextBoolean() ? number() : Generator.immediate(op, width, random);
        code.add(new Insn.Alu(op, width, dst, src));
      }
    }
  }

  private void write(java.util.function.Function<Reg, Insn> insn) {
    Reg dst = regs.anyWritable(random);
    code.add(insn.apply(dst));
    regs.number(dst);
  }

  /// A register that points at memory of this size, or null.
  private @Nullable Base base(Size size, boolean atomic) {
    int usable = 0;
    for (int i = 0; i < Registers.COUNT; i++) {
      Pointer pointer = regs.pointer(i);
      if (pointer != null && pointer.takes(size, atomic)) {
        usable |= 1 << i;
      }
    }
    boolean direct = frame.takes(size, atomic);
    if (direct && (usable == 0 || random.nextInt(3) == 0)) {
      return new Base(Reg.FP, frame);
    }
    Reg reg = Registers.pick(usable, random);
    Pointer pointer = reg == null ? null : regs.pointer(reg.ordinal());
    return reg == null || pointer == null ? null : new Base(reg, pointer);
  }

  void access() {
    Size size = Generator.pick(Generator.SIZES, random);
    Base base = base(size, false);
    if (base == null) {
      return;
    }
    short offset = base.pointer().offset(size, false, random);
    if (random.nextBoolean()) {
      code.add(new Insn.Store(size, base.reg(), offset, operand()));
    } else {
      boolean signed = size != Size.DW && random.nextInt(3) == 0;
      write(dst -> new Insn.Load(size, signed, dst, base.reg(), offset));
    }
  }

  void atomic() {
    if (random.nextInt(4) == 0) {
      ordered();
      return;
    }
    AtomicOp op = Generator.pick(AtomicOp.values(), random);
    Size size = random.nextBoolean() ? Size.W : Size.DW;
    boolean fetch = op == AtomicOp.XCHG || op == AtomicOp.CMPXCHG || random.nextBoolean();
    boolean changesSource = fetch && op != AtomicOp.CMPXCHG;
    if (op == AtomicOp.CMPXCHG && !regs.isNumber(0)) {
      if (regs.isLocked(0)) {
        return;
      }
      constant(Reg.R0);
    }
    Reg src = changesSource ? writableNumber() : number();
    Base base = base(size, true);
    if (base == null || (op == AtomicOp.CMPXCHG && regs.isLocked(0))) {
      return;
    }
    boolean stack = base.pointer().area() == Pointer.Area.STACK;
    if (fetch && stack && home == null) {
      return;
    }
    short offset = base.pointer().offset(size, true, random);
    code.add(new Insn.Atomic(op, fetch, size, base.reg(), offset, src));
    if (fetch) {
      aroundTheVerifier(op == AtomicOp.CMPXCHG ? Reg.R0 : src, op, size, stack);
    }
  }

  /// Steps around what the verifier of Linux 6.18 gets wrong, which would look like mismatches:
  ///
  /// - What an atomic operation fetches from the stack it takes to be what was spilled there, but
  ///   does not follow back to the spill when it needs it precisely, and so leaves out ways through
  ///   the program that are taken. A number that came through memory it does not know.
  /// - After a 32-bit cmpxchg it clears the upper half of R0 only when it saw it read, which it
  ///   forgets where it finds that it knows the rest of a way already. So R0 is read at once.
  private void aroundTheVerifier(Reg fetched, AtomicOp op, Size size, boolean stack) {
    if (op == AtomicOp.CMPXCHG && size == Size.W) {
      code.add(Generator.plus(Reg.R0, Generator.immediate(random)));
    }
    if (stack && home != null) {
      code.add(new Insn.Store(Size.DW, home, Input.PASSAGE, fetched));
      code.add(new Insn.Load(Size.DW, false, fetched, home, Input.PASSAGE));
    }
  }

  private void ordered() {
    Size size = Generator.pick(Generator.SIZES, random);
    boolean store = random.nextBoolean();
    Reg src = store ? number() : Reg.R0;
    Base base = base(size, true);
    if (base == null) {
      return;
    }
    short offset = base.pointer().offset(size, true, random);
    if (store) {
      code.add(new Insn.StoreRelease(size, base.reg(), offset, src));
    } else {
      write(dst -> new Insn.LoadAcquire(size, dst, base.reg(), offset));
    }
  }

  /// Another pointer from one that is there, at a constant or a computed distance.
  void pointer() {
    Base base = base(Size.DW, true);
    if (base == null) {
      return;
    }
    int room = base.pointer().high() - base.pointer().low() - Long.BYTES;
    if (random.nextBoolean() || room < Long.BYTES) {
      Reg dst = regs.anyWritable(random);
      Pointer pointer = base.pointer();
      int at = base.pointer().offset(Size.DW, true, random);
      code.add(Generator.move(dst, base.reg()));
      code.add(Generator.plus(dst, new Imm(at)));
      regs.pointer(dst, pointer.moved(at));
      return;
    }
    Reg src = number();
    Reg dst = regs.anyWritable(random);
    if (dst == base.reg() || dst == src) {
      return;
    }
    int most = Integer.highestOneBit(room) - 1;
    boolean words = base.pointer().area() == Pointer.Area.STACK || random.nextBoolean();
    int mask = words ? most & -8 : most;
    if (mask == 0) {
      return;
    }
    Width width = Generator.width(random);
    if (random.nextBoolean()) {
      code.add(new Insn.Mov(width, dst, src));
      code.add(new Insn.Alu(AluOp.AND, width, dst, new Imm(mask)));
      code.add(Generator.plus(dst, base.reg()));
    } else {
      Reg index = regs.anyNumber(random, true);
      if (index == null || index == dst) {
        return;
      }
      code.add(new Insn.Alu(AluOp.AND, width, index, new Imm(mask)));
      code.add(Generator.move(dst, base.reg()));
      code.add(Generator.plus(dst, index));
    }
    regs.pointer(dst, base.pointer().moved(mask, words ? Long.BYTES : 1));
  }

  /// The address of the map whose values programs address directly.
  void direct() {
    int at = random.nextInt(Input.VALUE);
    Reg dst = regs.anyWritable(random);
    long imm = Input.SINGLE_MAP | (long) at << 32;
    code.add(new Insn.LoadImm64(dst, PseudoLoad.MAP_IDX_VALUE, imm));
    regs.pointer(dst, new Pointer(Pointer.Area.MAP_VALUE, -at, Input.VALUE - at, at % 8 == 0));
  }

  /// A helper call on a map; what a lookup finds is used where it is not null.
  void map() {
    if (!regs.callsAllowed() || !frame.takes(Size.W, true)) {
      return;
    }
    short key = frame.offset(Size.W, true, random);
    if (random.nextInt(3) != 0) {
      code.add(new Insn.Store(Size.W, Reg.FP, key, new Imm(random.nextInt(Input.KEYS))));
    } else {
      Reg number = writableNumber();
      code.add(new Insn.Alu(AluOp.AND, Width.W64, number, new Imm(Input.KEYS - 1)));
      code.add(new Insn.Store(Size.W, Reg.FP, key, number));
    }
    int map = random.nextInt(Input.MAPS.size());
    int what = random.nextInt(5);
    Reg value = what == 1 ? stackOrMemory() : null;
    code.add(new Insn.LoadImm64(Reg.R1, PseudoLoad.MAP_IDX, map));
    code.add(Generator.move(Reg.R2, Reg.FP));
    code.add(Generator.plus(Reg.R2, new Imm(key)));
    if (value != null) {
      code.add(Generator.move(Reg.R4, new Imm(random.nextInt(4))));
      code.add(new Insn.CallHelper(MapHelpers.UPDATE_ELEM));
      regs.afterCall();
    } else if (what == 2) {
      code.add(new Insn.CallHelper(MapHelpers.DELETE_ELEM));
      regs.afterCall();
    } else {
      code.add(new Insn.CallHelper(MapHelpers.LOOKUP_ELEM));
      regs.afterCall();
      found();
    }
  }

  /// Points R3 at 16 bytes.
  private @Nullable Reg stackOrMemory() {
    if (frame.high() - frame.low() >= Input.VALUE && random.nextBoolean()) {
      int room = frame.high() - frame.low() - Input.VALUE;
      code.add(Generator.move(Reg.R3, Reg.FP));
      code.add(Generator.plus(Reg.R3, new Imm(frame.low() + (random.nextInt(room + 1) & -8))));
      return Reg.R3;
    }
    for (int i = 0; i < Registers.COUNT; i++) {
      Pointer pointer = regs.pointer(i);
      if (pointer != null
          && pointer.area() == Pointer.Area.MEMORY
          && pointer.high() - pointer.low() >= Input.VALUE) {
        code.add(Generator.move(Reg.R3, Reg.of(i)));
        code.add(Generator.plus(Reg.R3, new Imm(pointer.low())));
        return Reg.R3;
      }
    }
    return null;
  }

  /// Uses what a lookup found, then forgets it: the place of a deleted element is used again, by
  /// each kernel in an order of its own.
  private void found() {
    int none = code.label();
    boolean saved = random.nextInt(3) == 0;
    Reg pointer = Reg.R0;
    if (saved) {
      Reg writable = regs.anyWritable(random);
      if (writable != Reg.R0) {
        code.add(Generator.move(writable, Reg.R0));
        regs.number(Reg.R0);
        pointer = writable;
      }
    }
    code.jump(JmpOp.JEQ, Width.W64, pointer, new Imm(0), none);
    regs.pointer(pointer, new Pointer(Pointer.Area.MAP_VALUE, 0, Input.VALUE, true));
    if (pointer != Reg.R0) {
      constant(Reg.R0);
    }
    Registers before = regs.copy();
    int locks = regs.locks();
    regs.lock(pointer.ordinal());
    for (int i = random.nextInt(3); i >= 0; i--) {
      if (random.nextInt(4) == 0) {
        atomic();
      } else {
        access();
      }
    }
    regs.locks(locks);
    // Addresses must not be seen; on the other way it is 0.
    constant(pointer);
    before.number(pointer);
    code.place(none);
    regs.join(before);
  }
}
