package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Arithmetic is what the rows of [AluOp] say, for every operand form and edge.
interface ArithmeticContract extends Contract {

  @TestFactory
  default Stream<DynamicTest> arithmeticIsWhatItsRowSays() {
    return Arrays.stream(AluOp.values())
        .flatMap(op ->
            Arrays.stream(Width.values())
                .map(width -> DynamicTest.dynamicTest(op + " " + width, () -> row(op, width))));
  }

  private void row(AluOp op, Width width) {
    Machine machine = machine();
    RunnableProgram pair = machine.load(binary(new Insn.Alu(op, width, Reg.R2, Reg.R3)));
    RunnableProgram itself = machine.load(binary(new Insn.Alu(op, width, Reg.R2, Reg.R2)));
    long memory = machine.memory(0L, 0L);
    for (long[] operands : Edges.pairs()) {
      Memory.putLong(memory, operands[0]);
      Memory.putLong(memory + 8, operands[1]);
      assertThat(machine.run(pair))
          .as("0x%x %s 0x%x", operands[0], op.spelling(), operands[1])
          .isEqualTo(op.apply(width, operands[0], operands[1]));
      assertThat(machine.run(itself))
          .as("0x%x %s itself", operands[0], op.spelling())
          .isEqualTo(op.apply(width, operands[0], operands[0]));
    }
    for (int imm : Edges.ints()) {
      RunnableProgram program = machine.load(binary(new Insn.Alu(op, width, Reg.R2, new Imm(imm))));
      for (long dst : Edges.LONGS) {
        Memory.putLong(memory, dst);
        assertThat(machine.run(program))
            .as("0x%x %s immediate %d", dst, op.spelling(), imm)
            .isEqualTo(op.apply(width, dst, imm));
      }
    }
  }

  /// Loads R2 and R3 from memory, does one thing, returns R2.
  private static Insn[] binary(Insn insn) {
    return new Insn[] {
      new Insn.Load(Size.DW, false, Reg.R2, Reg.R1, (short) 0),
      new Insn.Load(Size.DW, false, Reg.R3, Reg.R1, (short) 8),
      insn,
      new Insn.Mov(Width.W64, Reg.R0, Reg.R2),
      new Insn.Exit()
    };
  }

  private void unary(Insn insn, LongUnaryOperator meaning) {
    Machine machine = machine();
    RunnableProgram program = machine.load(binary(insn));
    long memory = machine.memory(0L, 0L);
    for (long[] operands : Edges.pairs()) {
      Memory.putLong(memory, operands[0]);
      Memory.putLong(memory + 8, operands[1]);
      boolean usesSource = insn instanceof Insn.Mov || insn instanceof Insn.MovSx;
      long operand = usesSource ? operands[1] : operands[0];
      assertThat(machine.run(program))
          .as("%s of 0x%x", insn, operand)
          .isEqualTo(meaning.applyAsLong(operand));
    }
  }

  private static long u32(long value) {
    return value & 0xffff_ffffL;
  }

  @Test
  default void negationWraps() {
    unary(new Insn.Neg(Width.W64, Reg.R2), v -> -v);
    unary(new Insn.Neg(Width.W32, Reg.R2), v -> u32(-v));
  }

  @Test
  default void movesCopyAndZeroExtend() {
    unary(new Insn.Mov(Width.W64, Reg.R2, Reg.R3), v -> v);
    unary(new Insn.Mov(Width.W32, Reg.R2, Reg.R3), ArithmeticContract::u32);
  }

  @Test
  default void signExtensionTakesTheLowBits() {
    unary(new Insn.MovSx(Width.W64, Size.B, Reg.R2, Reg.R3), v -> (byte) v);
    unary(new Insn.MovSx(Width.W64, Size.H, Reg.R2, Reg.R3), v -> (short) v);
    unary(new Insn.MovSx(Width.W64, Size.W, Reg.R2, Reg.R3), v -> (int) v);
    unary(new Insn.MovSx(Width.W32, Size.B, Reg.R2, Reg.R3), v -> u32((byte) v));
    unary(new Insn.MovSx(Width.W32, Size.H, Reg.R2, Reg.R3), v -> u32((short) v));
  }

  @Test
  default void byteOrderConversionsTruncateAndSwap() {
    for (Insn.Swap.Order order : Insn.Swap.Order.values()) {
      boolean swaps = order != Insn.Swap.Order.LE;
      unary(
          new Insn.Swap(order, 16, Reg.R2),
          v -> (swaps ? Short.reverseBytes((short) v) : v) & 0xffff);
      unary(new Insn.Swap(order, 32, Reg.R2), v -> u32(swaps ? Integer.reverseBytes((int) v) : v));
      unary(new Insn.Swap(order, 64, Reg.R2), v -> swaps ? Long.reverseBytes(v) : v);
    }
  }

  @Test
  default void immediateMovesSignExtendToTheirWidth() {
    Machine machine = machine();
    for (int imm : Edges.ints()) {
      Insn move64 = new Insn.Mov(Width.W64, Reg.R0, new Imm(imm));
      assertThat(machine.run(machine.load(move64, new Insn.Exit()))).isEqualTo(imm);
      Insn move32 = new Insn.Mov(Width.W32, Reg.R0, new Imm(imm));
      assertThat(machine.run(machine.load(move32, new Insn.Exit()))).isEqualTo(u32(imm));
    }
  }

  @Test
  default void wideImmediatesArriveWhole() {
    Machine machine = machine();
    for (long value : Edges.LONGS) {
      Insn load = new Insn.LoadImm64(Reg.R0, PseudoLoad.IMM, value);
      assertThat(machine.run(machine.load(load, new Insn.Exit()))).isEqualTo(value);
    }
  }

  /// Every destination with every source, and no other register changes.
  @Test
  default void anOperationChangesItsDestinationAlone() {
    Machine machine = machine();
    for (int dst = 0; dst < 10; dst++) {
      for (int src = 0; src < 10; src++) {
        for (Operand operand : List.of(Reg.of(src), new Imm(77))) {
          assertThat(machine.run(machine.load(fingerprint(Reg.of(dst), operand))))
              .as("r%d -= %s", dst, operand)
              .isEqualTo(expectedFingerprint(dst, operand));
        }
      }
    }
  }

  private static Insn[] fingerprint(Reg dst, Operand src) {
    List<Insn> insns = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      insns.add(new Insn.Mov(Width.W64, Reg.of(i), new Imm(start(i))));
    }
    insns.add(new Insn.Alu(AluOp.SUB, Width.W64, dst, src));
    for (int i = 1; i < 10; i++) {
      insns.add(new Insn.Alu(AluOp.MUL, Width.W64, Reg.R0, new Imm(31)));
      insns.add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R0, Reg.of(i)));
    }
    insns.add(new Insn.Exit());
    return insns.toArray(Insn[]::new);
  }

  private static int start(int register) {
    return (register + 3) * (register + 3) * 1009;
  }

  private static long expectedFingerprint(int dst, Operand src) {
    long[] r = new long[10];
    Arrays.setAll(r, ArithmeticContract::start);
    r[dst] -= src instanceof Reg reg ? r[reg.ordinal()] : 77;
    long hash = r[0];
    for (int i = 1; i < 10; i++) {
      hash = hash * 31 + r[i];
    }
    return hash;
  }
}
