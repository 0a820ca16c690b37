package io.bpf4j.fuzz;

import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Makes programs that the kernel's verifier takes and whose every effect can be seen: they read
/// nothing that was not written, keep addresses out of what is compared, and end by leaving their
/// registers and stack in the memory they were given.
///
/// Programs are made of nested statements, so that what registers hold is known at every place:
/// branches join, and what a loop changes is mended at its end. [FunctionWriter] writes the
/// statements of one function.
final class Generator {
  static final AluOp[] ALU = AluOp.values();
  static final JmpOp[] CONDITIONS = JmpOp.values();
  static final Size[] SIZES = Size.values();

  private final Code code = new Code();
  private final RandomGenerator random;
  private final boolean maps;
  private final int stackBytes;
  private final List<Callee> callees = new ArrayList<>();

  /// A function that others may call.
  ///
  /// @param label where it starts
  /// @param pointers what its first arguments point at
  /// @param numbers how many numbers follow them
  record Callee(int label, List<Pointer.Area> pointers, int numbers) {}

  private Generator(RandomGenerator random, boolean maps, int stackBytes) {
    this.random = random;
    this.maps = maps;
    this.stackBytes = stackBytes;
  }

  /// A program.
  ///
  /// @param maps whether it may use maps
  /// @param stackBytes see [Case#stackBytes]
  static Insns program(RandomGenerator random, boolean maps, int stackBytes) {
    return new Generator(random, maps, stackBytes).make();
  }

  /// A program with its input.
  static Case make(RandomGenerator random, boolean maps, int stackBytes) {
    Insns insns = program(random, maps, stackBytes);
    return new Case(insns, Input.random(random, maps), stackBytes);
  }

  private Insns make() {
    // Most programs are small: many of them find more than a few large ones.
    int size = 2 + random.nextInt(random.nextInt(8) == 0 ? 30 : 12);
    int functions = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
    for (int i = 0; i < functions; i++) {
      callees.add(
          new Callee(
              code.label(),
              switch (random.nextInt(4)) {
                case 0 -> List.of(Pointer.Area.MEMORY);
                case 1 -> List.of(Pointer.Area.STACK);
                case 2 -> List.of(Pointer.Area.STACK, Pointer.Area.MEMORY);
                default -> List.of();
              },
              random.nextInt(3)));
    }
    boolean deep = functions == 0 && stackBytes == 0 && random.nextInt(8) == 0;
    new FunctionWriter(code, random, maps, stackBytes, callees, true, deep).entry(size);
    for (int i = 0; i < functions; i++) {
      if (!code.isCalled(callees.get(i).label())) {
        continue;
      }
      List<Callee> later = callees.subList(i + 1, functions);
      code.place(callees.get(i).label());
      new FunctionWriter(code, random, maps, 0, later, false, false)
          .function(callees.get(i), 1 + random.nextInt(6));
    }
    return code.finish();
  }

  static <T> T pick(T[] from, RandomGenerator random) {
    return from[random.nextInt(from.length)];
  }

  static Width width(RandomGenerator random) {
    return random.nextBoolean() ? Width.W64 : Width.W32;
  }

  /// An immediate, often one of the edges.
  static Imm immediate(RandomGenerator random) {
    int small = random.nextInt(4);
    return new Imm(small == 0 ? random.nextInt(65) - 32 : (int) Input.number(random));
  }

  /// An immediate that the verifier takes with an operation: shifts stay below the width, and
  /// division by the constant 0 is refused.
  static Imm immediate(AluOp op, Width width, RandomGenerator random) {
    return switch (op) {
      case LSH, RSH, ARSH -> new Imm(random.nextInt(width.bits()));
      case DIV, MOD, SDIV, SMOD -> {
        Imm imm = immediate(random);
        yield imm.value() == 0 ? new Imm(1 + random.nextInt(9)) : imm;
      }
      default -> immediate(random);
    };
  }

  static Insn move(Reg dst, Operand src) {
    return new Insn.Mov(Width.W64, dst, src);
  }

  static Insn plus(Reg dst, Operand src) {
    return new Insn.Alu(AluOp.ADD, Width.W64, dst, src);
  }
}
