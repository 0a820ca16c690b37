package io.bpf4j.verifier;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.prog.ProgType;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// What generators of programs share: chance, numbers near edges, instructions in a row.
abstract class InsnWriter {
  static final int ONE = 0;
  static final int HASH = 1;
  static final int ARRAY = 2;
  static final int RING = 3;
  static final int SOCKS = 4;
  static final int PROGS = 5;
  static final int RODATA = 7;

  static final int[] EDGES = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    31,
    32,
    47,
    48,
    63,
    64,
    100,
    127,
    128,
    255,
    256,
    511,
    512,
    0xffff,
    0x10000,
    0x7fffffff,
    -1,
    -2,
    -8,
    -16,
    -64,
    -128,
    -512,
    Integer.MIN_VALUE,
    0x1fffffff,
    0x20000000
  };

  static final AluOp[] ALU = AluOp.values();
  static final JmpOp[] JMP = JmpOp.values();
  static final Size[] SIZES = {Size.B, Size.H, Size.W, Size.DW};

  final RandomGenerator random;
  final List<Insn> out = new ArrayList<>();
  ProgType type = ProgType.SK_LOOKUP;
  int depth;
  boolean usesFunctions;

  InsnWriter(RandomGenerator random) {
    this.random = random;
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  int edge() {
    int edge = EDGES[random.nextInt(EDGES.length)];
    return chance(30) ? edge + random.nextInt(3) - 1 : edge;
  }

  int pick(int... some) {
    return some[random.nextInt(some.length)];
  }

  Imm imm(int number) {
    return new Imm(number);
  }

  Reg saved() {
    return Reg.of(7 + random.nextInt(3));
  }

  Reg number() {
    return chance(80) ? saved() : Reg.of(pick(0, 0, 1, 2, 3));
  }

  Size size() {
    return SIZES[random.nextInt(SIZES.length)];
  }

  void add(Insn insn) {
    out.add(insn);
  }

  void move(Reg dst, Reg src) {
    add(new Insn.Mov(Width.W64, dst, src));
  }

  void set(Reg dst, int number) {
    add(new Insn.Mov(Width.W64, dst, imm(number)));
  }

  void plus(Reg dst, int number) {
    add(new Insn.Alu(AluOp.ADD, Width.W64, dst, imm(number)));
  }

  void map(Reg dst, int index) {
    add(new Insn.LoadImm64(dst, PseudoLoad.MAP_IDX, index));
  }

  void call(int helper) {
    add(new Insn.CallHelper(helper));
  }

  void unknownNumber() {
    call(pick(7, 5));
    move(saved(), Reg.R0);
  }
}
