package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.prog.ProgType;
import java.util.random.RandomGenerator;

/// Statements that use contexts, maps, sockets, ring buffers and packets.
abstract class HelperStatements extends InsnWriter {
  HelperStatements(RandomGenerator random) {
    super(random);
  }

  void context() {
    Size size = size();
    int off = random.nextInt(80 / size.bytes()) * size.bytes();
    boolean signed = size != Size.DW && chance(10);
    if (chance(85)) {
      add(new Insn.Load(size, signed, saved(), Reg.R6, (short) off));
    } else {
      add(new Insn.Store(size, Reg.R6, (short) off, chance(50) ? number() : imm(edge())));
    }
  }

  void key(int bytes) {
    int number = chance(60) ? random.nextInt(6) : edge();
    Size size = bytes == 8 ? Size.DW : Size.W;
    if (chance(75)) {
      add(new Insn.Store(size, Reg.R10, (short) -8, imm(number)));
    } else if (chance(70)) {
      add(new Insn.Store(size, Reg.R10, (short) -8, number()));
    }
    move(Reg.R2, Reg.R10);
    plus(Reg.R2, chance(95) ? -8 : pick(-4, -7, 0, 8, -516));
  }

  void nullCheck() {
    if (chance(92)) {
      add(new Insn.Jump(JmpOp.JNE, Width.W64, Reg.R0, imm(0), (short) 2));
      set(Reg.R0, 0);
      add(new Insn.Exit());
    }
  }

  void lookup() {
    int index = pick(ONE, HASH, ARRAY, RODATA, 9, 10);
    map(Reg.R1, index);
    key(index == HASH ? 8 : 4);
    call(1);
    if (index == ARRAY && chance(40)) {
      // A constant key inside the map needs no check.
    } else {
      nullCheck();
    }
    int valueSize = BorderMaps.MAPS.get(index).valueSize();
    if (index == 9) {
      move(Reg.R1, Reg.R0);
      key(4);
      call(1);
      nullCheck();
      valueSize = 16;
    }
    valueAccess(valueSize);
  }

  void valueAccess(int valueSize) {
    Size size = size();
    int last = valueSize - size.bytes();
    int off = chance(70) ? last : pick(0, last - 1, last + 1, last - 8);
    Reg base = Reg.R0;
    if (chance(45)) {
      Reg index = saved();
      if (chance(60)) {
        add(new Insn.Alu(AluOp.AND, Width.W64, index, imm(pick(7, 15, 31, 63, 3, 8))));
      }
      if (chance(50)) {
        JmpOp op = JMP[random.nextInt(JMP.length)];
        int bound = pick(valueSize, valueSize - 1, last, last + 1, 8);
        add(new Insn.Jump(op, Width.W64, index, imm(bound), (short) 2));
        set(Reg.R0, 0);
        add(new Insn.Exit());
      }
      if (chance(20)) {
        add(new Insn.Alu(AluOp.LSH, Width.W64, index, imm(pick(1, 2, 3))));
      }
      add(new Insn.Alu(chance(90) ? AluOp.ADD : AluOp.SUB, Width.W64, base, index));
      off = pick(0, 1, last, last - 15, -1, -7);
    }
    if (chance(60)) {
      boolean signed = size != Size.DW && chance(15);
      add(new Insn.Load(size, signed, saved(), base, (short) off));
    } else {
      add(new Insn.Store(size, base, (short) off, chance(50) ? number() : imm(edge())));
    }
  }

  void update() {
    map(Reg.R1, pick(ONE, HASH, ARRAY, RODATA, SOCKS, 8));
    add(new Insn.Store(Size.DW, Reg.R10, (short) -8, imm(random.nextInt(5))));
    move(Reg.R2, Reg.R10);
    plus(Reg.R2, -8);
    move(Reg.R3, Reg.R10);
    int size = pick(16, 48, 64);
    if (chance(80)) {
      for (int off = 8; off <= size; off += 8) {
        if (!chance(3)) {
          add(new Insn.Store(Size.DW, Reg.R10, (short) -off, imm(off)));
        }
      }
    }
    plus(Reg.R3, -size);
    set(Reg.R4, pick(0, 1, 2));
    call(chance(80) ? 2 : pick(3, 87));
  }

  void socket() {
    boolean hash = chance(30);
    map(Reg.R1, hash ? 6 : SOCKS);
    key(hash ? 8 : 4);
    call(1);
    nullCheck();
    move(Reg.R9, Reg.R0);
    if (chance(50)) {
      move(Reg.R1, Reg.R6);
      move(Reg.R2, chance(90) ? Reg.R9 : number());
      set(Reg.R3, pick(0, 1, 2));
      call(124);
    }
    if (chance(50)) {
      Size size = size();
      int off = random.nextInt(84 / size.bytes()) * size.bytes();
      add(new Insn.Load(size, false, saved(), Reg.R9, (short) off));
    }
    if (chance(85)) {
      move(Reg.R1, chance(95) ? Reg.R9 : Reg.R6);
      call(86);
    }
    if (chance(10)) {
      add(new Insn.Load(Size.W, false, Reg.R8, Reg.R9, (short) 4));
    }
  }

  void ringbuf() {
    map(Reg.R1, chance(95) ? RING : HASH);
    if (chance(95)) {
      set(Reg.R2, pick(8, 16, 24, 0));
    } else {
      move(Reg.R2, number());
    }
    set(Reg.R3, 0);
    call(131);
    nullCheck();
    move(Reg.R9, Reg.R0);
    Size size = size();
    add(new Insn.Store(size, Reg.R9, (short) pick(0, 8, 15, 16, 7), imm(1)));
    if (chance(90)) {
      move(Reg.R1, Reg.R9);
      if (chance(5)) {
        plus(Reg.R1, 8);
      }
      set(Reg.R2, 0);
      call(pick(132, 133));
    }
  }

  void packet() {
    boolean skb = type == ProgType.SCHED_CLS;
    boolean reuse = type == ProgType.SK_REUSEPORT;
    Size load = reuse ? Size.DW : Size.W;
    add(new Insn.Load(load, false, Reg.R7, Reg.R6, (short) (skb ? 76 : 0)));
    add(new Insn.Load(load, false, Reg.R8, Reg.R6, (short) (skb ? 80 : reuse ? 8 : 4)));
    if (chance(30)) {
      unknownNumber();
      add(new Insn.Alu(AluOp.AND, Width.W64, Reg.R0, imm(pick(15, 255, 0xffff, 63))));
      add(new Insn.Load(load, false, Reg.R7, Reg.R6, (short) (skb ? 76 : 0)));
      add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R7, Reg.R0));
    }
    int bytes = pick(1, 2, 4, 8, 14, 34);
    move(Reg.R1, Reg.R7);
    plus(Reg.R1, bytes);
    JmpOp op = chance(60) ? JmpOp.JGT : JMP[random.nextInt(JMP.length)];
    boolean swapped = chance(25);
    add(
        new Insn.Jump(
            op, Width.W64, swapped ? Reg.R8 : Reg.R1, swapped ? Reg.R1 : Reg.R8, (short) 1));
    Size size = size();
    int off = bytes - size.bytes() + (chance(85) ? 0 : pick(-1, 1, 2));
    if (chance(70)) {
      add(new Insn.Load(size, false, Reg.R9, Reg.R7, (short) off));
    } else {
      add(new Insn.Store(size, Reg.R7, (short) off, imm(0)));
    }
    set(Reg.R7, 0);
    set(Reg.R8, 0);
    set(Reg.R9, edge());
  }

  void tailCall() {
    move(Reg.R1, Reg.R6);
    map(Reg.R2, chance(95) ? PROGS : HASH);
    if (chance(60)) {
      set(Reg.R3, pick(0, 3, 4));
    } else {
      move(Reg.R3, number());
    }
    call(12);
  }
}
