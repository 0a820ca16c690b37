package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Makes programs near the border of what a verifier takes: idioms of real programs (lookups with
/// their null checks, bounds checks, spills, loops, sockets that are released, packets that are
/// measured) with constants at edges, and mostly one thing changed.
public final class BorderPrograms extends HelperStatements {
  private static final ProgType[] TYPES = {
    ProgType.SK_LOOKUP,
    ProgType.SK_LOOKUP,
    ProgType.SOCKET_FILTER,
    ProgType.SCHED_CLS,
    ProgType.XDP,
    ProgType.SK_REUSEPORT
  };

  /// A program and its type; its maps are [BorderMaps#MAPS].
  public record Generated(ProgType type, Insns insns) {}

  public BorderPrograms(RandomGenerator random) {
    super(random);
  }

  /// The next program.
  public Generated next() {
    out.clear();
    depth = 0;
    usesFunctions = false;
    type = TYPES[random.nextInt(TYPES.length)];
    add(new Insn.Mov(Width.W64, Reg.R6, Reg.R1));
    for (Reg reg : List.of(Reg.R0, Reg.R7, Reg.R8, Reg.R9)) {
      if (!chance(10)) {
        add(new Insn.Mov(Width.W64, reg, imm(edge())));
      }
    }
    int statements = 1 + random.nextInt(7);
    for (int i = 0; i < statements; i++) {
      statement();
    }
    epilogue();
    if (usesFunctions) {
      function();
    }
    List<Insn> insns = chance(50) ? mutated() : List.copyOf(out);
    return new Generated(type, Insns.of(insns));
  }

  private void epilogue() {
    if (!chance(8)) {
      set(Reg.R0, type == ProgType.SK_LOOKUP ? random.nextInt(2) : edge());
    }
    add(new Insn.Exit());
  }

  private void statement() {
    switch (random.nextInt(27)) {
      case 0, 1, 2 -> arithmetic();
      case 3, 4 -> compare();
      case 5 -> stackStore();
      case 6 -> stackLoad();
      case 7 -> context();
      case 8, 9, 10 -> lookup();
      case 11 -> socket();
      case 12 -> ringbuf();
      case 13, 14 -> packet();
      case 15 -> tailCall();
      case 16 -> loop();
      case 17 -> localCall();
      case 18 -> atomic();
      case 19 -> direct();
      case 20 -> update();
      case 21 -> stackVariable();
      case 22 -> unknownNumber();
      case 23 -> classic();
      case 24 -> bytesHelper();
      case 25 -> callback();
      default -> spillAndFill();
    }
  }

  private void arithmetic() {
    Reg dst = number();
    Width width = chance(30) ? Width.W32 : Width.W64;
    switch (random.nextInt(8)) {
      case 0 -> add(new Insn.Mov(width, dst, chance(50) ? number() : imm(edge())));
      case 1 -> add(new Insn.Neg(width, dst));
      case 2 -> {
        Size from = SIZES[random.nextInt(width == Width.W64 ? 3 : 2)];
        add(new Insn.MovSx(width, from, dst, number()));
      }
      case 3 -> add(new Insn.Swap(Insn.Swap.Order.BE, pick(16, 32, 64), dst));
      default -> {
        AluOp op = ALU[random.nextInt(ALU.length)];
        boolean shift = op == AluOp.LSH || op == AluOp.RSH || op == AluOp.ARSH;
        int number = shift ? random.nextInt(width.bits()) : edge();
        add(new Insn.Alu(op, width, dst, chance(35) ? number() : imm(number)));
      }
    }
  }

  /// A number nobody knows.
  private void compare() {
    Width width = chance(30) ? Width.W32 : Width.W64;
    Reg dst = number();
    JmpOp op = JMP[random.nextInt(JMP.length)];
    if (chance(50)) {
      unknownNumber();
    }
    int at = out.size();
    add(new Insn.Jump(op, width, dst, chance(35) ? number() : imm(edge()), (short) 0));
    block(1 + random.nextInt(2));
    patch(at);
  }

  private void block(int statements) {
    if (depth > 2) {
      arithmetic();
      return;
    }
    depth++;
    for (int i = 0; i < statements; i++) {
      statement();
    }
    depth--;
  }

  /// Points a forward jump behind what was added since.
  private void patch(int at) {
    int slots = 0;
    for (int i = at + 1; i < out.size(); i++) {
      slots += out.get(i).slots();
    }
    out.set(
        at,
        switch (out.get(at)) {
          case Insn.Jump j -> new Insn.Jump(j.op(), j.width(), j.dst(), j.src(), (short) slots);
          case Insn.MayGoto _ -> new Insn.MayGoto((short) slots);
          case Insn other -> other;
        });
  }

  private int stackOff(Size size) {
    int slot = -8 * (1 + random.nextInt(chance(90) ? 4 : 64));
    int inner = size.bytes() * random.nextInt(8 / size.bytes());
    return chance(4) ? slot + 1 : slot + inner;
  }

  private void stackStore() {
    Size size = chance(50) ? Size.DW : size();
    short off = (short) stackOff(size);
    add(new Insn.Store(size, Reg.R10, off, chance(60) ? number() : imm(edge())));
  }

  private void stackLoad() {
    Size size = chance(50) ? Size.DW : size();
    boolean signed = size != Size.DW && chance(20);
    add(new Insn.Load(size, signed, saved(), Reg.R10, (short) stackOff(size)));
  }

  private void spillAndFill() {
    short off = (short) (-8 * (1 + random.nextInt(4)));
    add(new Insn.Store(Size.DW, Reg.R10, off, chance(30) ? Reg.R6 : number()));
    if (chance(50)) {
      compare();
    }
    add(new Insn.Load(chance(80) ? Size.DW : size(), false, saved(), Reg.R10, off));
  }

  private void loop() {
    Reg counter = saved();
    set(counter, 0);
    int start = out.size();
    boolean mayGoto = chance(20);
    int head = out.size();
    if (mayGoto) {
      add(new Insn.MayGoto((short) 0));
    }
    if (chance(50)) {
      arithmetic();
    } else {
      stackStore();
    }
    plus(counter, chance(90) ? 1 : pick(0, 2, -1));
    int slots = 0;
    for (int i = start; i < out.size(); i++) {
      slots += out.get(i).slots();
    }
    if (mayGoto) {
      add(new Insn.Goto(-slots - 1, false));
      patch(head);
    } else {
      JmpOp op = chance(70) ? JmpOp.JLT : JMP[random.nextInt(JMP.length)];
      add(new Insn.Jump(op, Width.W64, counter, imm(pick(3, 5, 10, 40)), (short) (-slots - 1)));
    }
  }

  private void localCall() {
    usesFunctions = true;
    if (chance(60)) {
      move(Reg.R1, chance(50) ? Reg.R6 : Reg.R10);
    } else {
      set(Reg.R1, edge());
    }
    set(Reg.R2, edge());
    add(new Insn.CallLocal(Integer.MIN_VALUE));
    if (chance(50)) {
      move(saved(), Reg.R0);
    }
  }

  private void callback() {
    usesFunctions = true;
    set(Reg.R1, pick(0, 1, 4, 100));
    add(new Insn.LoadImm64(Reg.R2, PseudoLoad.FUNC, Integer.toUnsignedLong(Integer.MIN_VALUE)));
    if (chance(60)) {
      set(Reg.R3, 0);
    } else {
      add(new Insn.Store(Size.DW, Reg.R10, (short) -8, imm(0)));
      move(Reg.R3, Reg.R10);
      plus(Reg.R3, -8);
    }
    set(Reg.R4, chance(90) ? 0 : 1);
    call(181);
  }

  /// The function that all local calls go to, and their targets.
  private void function() {
    int start = 0;
    for (Insn insn : out) {
      start += insn.slots();
    }
    int pc = 0;
    for (int i = 0; i < out.size(); i++) {
      int distance = start - pc - 1;
      Insn insn = out.get(i);
      if (insn instanceof Insn.CallLocal) {
        out.set(i, new Insn.CallLocal(distance));
      } else if (insn instanceof Insn.LoadImm64 load && load.source() == PseudoLoad.FUNC) {
        out.set(
            i, new Insn.LoadImm64(load.dst(), PseudoLoad.FUNC, Integer.toUnsignedLong(distance)));
      }
      pc += insn.slots();
    }
    switch (random.nextInt(5)) {
      case 0 -> set(Reg.R0, pick(0, 1, 2));
      case 1 -> {
        move(Reg.R0, Reg.R2);
        add(new Insn.Jump(JmpOp.JSGT, Width.W64, Reg.R0, imm(1), (short) 1));
        add(new Insn.Jump(JmpOp.JSGE, Width.W64, Reg.R0, imm(0), (short) 1));
        set(Reg.R0, 0);
      }
      case 2 -> {
        add(new Insn.Store(Size.DW, Reg.R1, (short) -8, imm(edge())));
        set(Reg.R0, 0);
      }
      case 3 -> {
        add(new Insn.Store(Size.DW, Reg.R10, (short) -8, Reg.R1));
        add(new Insn.Load(Size.DW, false, Reg.R0, Reg.R10, (short) -8));
        set(Reg.R0, 1);
      }
      default -> {
        add(new Insn.Load(size(), false, Reg.R0, Reg.R1, (short) pick(0, -8, 8)));
        set(Reg.R0, 0);
      }
    }
    add(new Insn.Exit());
  }

  private void atomic() {
    AtomicOp op = AtomicOp.values()[random.nextInt(AtomicOp.values().length)];
    boolean fetch = op == AtomicOp.XCHG || op == AtomicOp.CMPXCHG || chance(50);
    Size size = chance(50) ? Size.DW : Size.W;
    Reg base = Reg.R10;
    int off = -8;
    if (chance(40)) {
      add(new Insn.LoadImm64(Reg.R1, PseudoLoad.MAP_IDX_VALUE, ONE));
      base = Reg.R1;
      off = pick(0, 56, 60, 64, 4, 2);
    } else if (chance(80)) {
      add(new Insn.Store(Size.DW, Reg.R10, (short) -8, imm(edge())));
    }
    if (chance(15)) {
      add(
          chance(50)
              ? new Insn.LoadAcquire(size(), saved(), base, (short) off)
              : new Insn.StoreRelease(size(), base, (short) off, number()));
      return;
    }
    add(new Insn.Atomic(op, fetch, size, base, (short) off, saved()));
    if (chance(50)) {
      add(new Insn.Load(Size.DW, false, saved(), Reg.R10, (short) -8));
    }
  }

  private void direct() {
    int index = chance(50) ? ONE : RODATA;
    int valueSize = BorderMaps.MAPS.get(index).valueSize();
    long off = chance(80) ? random.nextInt(valueSize) : pick(valueSize, valueSize - 1, 1 << 29);
    add(new Insn.LoadImm64(Reg.R0, PseudoLoad.MAP_IDX_VALUE, index | off << 32));
    valueAccess((int) Math.max(1, valueSize - off));
  }

  private void stackVariable() {
    unknownNumber();
    Reg index = saved();
    move(index, Reg.R0);
    add(new Insn.Alu(AluOp.AND, Width.W64, index, imm(pick(7, 8, 15, 56, 24))));
    move(Reg.R1, Reg.R10);
    int base = pick(-16, -32, -64, -8, -512);
    if (chance(50)) {
      for (int off = -64; off < 0; off += 8) {
        add(new Insn.Store(Size.DW, Reg.R10, (short) off, imm(0)));
      }
    }
    plus(Reg.R1, base);
    add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R1, index));
    Size size = chance(60) ? Size.B : Size.DW;
    if (chance(50)) {
      add(new Insn.Load(size, false, saved(), Reg.R1, (short) 0));
    } else {
      add(new Insn.Store(size, Reg.R1, (short) 0, chance(50) ? imm(0) : number()));
    }
  }

  private void classic() {
    if (chance(50)) {
      add(new Insn.LegacyLoad(SIZES[random.nextInt(3)], null, random.nextInt(100)));
    } else {
      add(new Insn.LegacyLoad(SIZES[random.nextInt(3)], number(), random.nextInt(100)));
    }
    move(saved(), Reg.R0);
  }

  /// Helpers that fill or read memory of a size.
  private void bytesHelper() {
    int size = pick(1, 4, 8, 16, 0, 64);
    switch (random.nextInt(3)) {
      case 0 -> {
        move(Reg.R1, Reg.R6);
        set(Reg.R2, 0);
        move(Reg.R3, Reg.R10);
        plus(Reg.R3, pick(-8, -16, -64, -4));
        if (chance(70)) {
          set(Reg.R4, size);
        } else {
          move(Reg.R4, number());
          add(new Insn.Alu(AluOp.AND, Width.W64, Reg.R4, imm(pick(7, 15, 63))));
        }
        call(pick(26, 26, 189));
      }
      case 1 -> {
        add(new Insn.LoadImm64(Reg.R1, PseudoLoad.MAP_IDX, RING));
        move(Reg.R2, Reg.R10);
        plus(Reg.R2, pick(-8, -16, -64));
        set(Reg.R3, size);
        set(Reg.R4, 0);
        call(130);
      }
      default -> {
        move(Reg.R1, Reg.R10);
        plus(Reg.R1, pick(-8, -16));
        set(Reg.R2, size);
        call(pick(16, 6));
      }
    }
  }

  /// The program with one instruction changed.
  private List<Insn> mutated() {
    List<Insn> copy = new ArrayList<>(out);
    int at = random.nextInt(copy.size());
    Insn changed =
        switch (copy.get(at)) {
          case Insn.Alu a ->
              chance(50)
                  ? new Insn.Alu(ALU[random.nextInt(ALU.length)], a.width(), a.dst(), a.src())
                  : new Insn.Alu(a.op(), a.width(), a.dst(), near(a.src()));
          case Insn.Mov m ->
              new Insn.Mov(chance(50) ? Width.W32 : m.width(), m.dst(), near(m.src()));
          case Insn.Load l ->
              new Insn.Load(
                  chance(50) ? size() : l.size(), false, l.dst(), l.base(), near(l.offset()));
          case Insn.Store s ->
              new Insn.Store(chance(50) ? size() : s.size(), s.base(), near(s.offset()), s.src());
          case Insn.Jump j ->
              chance(50)
                  ? new Insn.Jump(
                      JMP[random.nextInt(JMP.length)],
                      j.width(),
                      j.dst(),
                      near(j.src()),
                      j.offset())
                  : new Insn.Jump(
                      j.op(), chance(50) ? Width.W32 : j.width(), j.dst(), j.src(), j.offset());
          case Insn.CallHelper(int id) ->
              new Insn.CallHelper(chance(50) ? 1 + random.nextInt(211) : id);
          case Insn other -> other;
        };
    copy.set(at, changed);
    return copy;
  }

  private io.bpf4j.isa.Operand near(io.bpf4j.isa.Operand operand) {
    return switch (operand) {
      case Imm(int number) -> imm(number + random.nextInt(5) - 2);
      case Reg reg -> chance(50) ? Reg.of(random.nextInt(11)) : reg;
    };
  }

  private short near(short off) {
    return (short) (off + pick(0, 0, 1, -1, 8, -8, 4));
  }
}
