package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.BudgetExhausted;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Memory;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Jumps are taken as the rows of [JmpOp] say, and going back costs.
interface JumpContract extends Contract {

  @TestFactory
  default Stream<DynamicTest> jumpsAreTakenAsTheirRowSays() {
    return Arrays.stream(JmpOp.values())
        .flatMap(op ->
            Arrays.stream(Width.values())
                .map(width -> DynamicTest.dynamicTest(op + " " + width, () -> row(op, width))));
  }

  private void row(JmpOp op, Width width) {
    Machine machine = machine();
    RunnableProgram pair = machine.load(jump(new Insn.Jump(op, width, Reg.R2, Reg.R3, (short) 2)));
    RunnableProgram itself =
        machine.load(jump(new Insn.Jump(op, width, Reg.R2, Reg.R2, (short) 2)));
    long memory = machine.memory(0L, 0L);
    for (long[] operands : Edges.pairs()) {
      Memory.putLong(memory, operands[0]);
      Memory.putLong(memory + 8, operands[1]);
      assertThat(machine.run(pair) == 1)
          .as("0x%x %s 0x%x", operands[0], op.spelling(), operands[1])
          .isEqualTo(op.test(width, operands[0], operands[1]));
      assertThat(machine.run(itself) == 1)
          .as("0x%x %s itself", operands[0], op.spelling())
          .isEqualTo(op.test(width, operands[0], operands[0]));
    }
    for (int imm : Edges.ints()) {
      RunnableProgram program =
          machine.load(jump(new Insn.Jump(op, width, Reg.R2, new Imm(imm), (short) 2)));
      for (long dst : Edges.LONGS) {
        Memory.putLong(memory, dst);
        assertThat(machine.run(program) == 1)
            .as("0x%x %s immediate %d", dst, op.spelling(), imm)
            .isEqualTo(op.test(width, dst, imm));
      }
    }
  }

  /// Loads R2 and R3, jumps over `r0 = 0`; returns 1 when taken.
  private static Insn[] jump(Insn jump) {
    return new Insn[] {
      new Insn.Load(Size.DW, false, Reg.R2, Reg.R1, (short) 0),
      new Insn.Load(Size.DW, false, Reg.R3, Reg.R1, (short) 8),
      jump,
      new Insn.Mov(Width.W64, Reg.R0, new Imm(0)),
      new Insn.Exit(),
      new Insn.Mov(Width.W64, Reg.R0, new Imm(1)),
      new Insn.Exit()
    };
  }

  @Test
  default void gotolReachesBeyondSixteenBits() {
    StringBuilder source = new StringBuilder("r0 = 0\ngotol far\n");
    source.append("r0 += 1\n".repeat(40_000));
    source.append("far: if r0 == 1 goto done\nr0 = 1\ngotol far\ndone: r0 += 41\nexit\n");
    assertThat(run(source.toString())).isEqualTo(42);
  }

  @Test
  default void loopsRunAsOftenAsTheySay() {
    String loop =
        """
        r0 = 0
        r1 = 1000
        again:
          r0 += r1
          r1 -= 1
          if r1 != 0 goto again
        exit
        """;
    assertThat(run(loop)).isEqualTo(500_500);
  }

  /// Two entries into one loop: no reducible control flow.
  @Test
  default void jumpsIntoTheMiddleOfALoopWork() {
    String source =
        """
        r0 = 0
        r3 = 5
        if r2 == 0 goto middle
        top:
          r0 += 1
        middle:
          r0 += 100
          r3 -= 1
          if r3 s> 0 goto top
        exit
        """;
    Machine machine = machine();
    RunnableProgram program = machine.load(source);
    assertThat(program.run(machine.cpu(), 0, 0)).isEqualTo(504);
    assertThat(program.run(machine.cpu(), 0, 1)).isEqualTo(505);
  }

  /// A loop of n turns goes back n - 1 times.
  @Test
  default void everyBackEdgeCostsOne() {
    String loop = "r0 = 10\nagain: r0 -= 1\nif r0 != 0 goto again\nexit";
    Machine machine = machine().fuel(9);
    assertThat(machine.run(loop)).isZero();
    assertThat(machine.run(loop)).as("each run has the whole budget").isZero();
    Machine poorer = machine().fuel(8);
    assertThatThrownBy(() -> poorer.run(loop))
        .isInstanceOfSatisfying(BudgetExhausted.class, e -> assertThat(e.pc()).isEqualTo(2))
        .hasMessage(
            "prog 'toy' insn 2 (if r0 != 0x0 goto pc-2):"
                + " the budget of 8 back edges and calls is spent");
  }

  @Test
  default void jumpsThatAreNotTakenOrGoForwardAreFree() {
    assertThat(machine().fuel(0).run("r0 = 1\ngoto on\nback: exit\non: if r0 == 2 goto back\nexit"))
        .isEqualTo(1);
  }

  @Test
  default void endlessLoopsEnd() {
    assertThatThrownBy(() -> machine().fuel(1_000_000).run("here: goto here"))
        .isInstanceOf(BudgetExhausted.class)
        .hasMessageContaining("insn 0 (goto pc-1)");
    assertThatThrownBy(() -> machine().fuel(1_000_000).run("here: if r0 == 0 goto here\nexit"))
        .isInstanceOf(BudgetExhausted.class);
    assertThatThrownBy(
            () -> machine().fuel(1_000_000).run("gotol on\non: gotol back\nback: gotol on"))
        .isInstanceOf(BudgetExhausted.class);
  }

  /// BPF_MAX_LOOPS.
  @Test
  default void mayGotoLetsLoopsGoOn8388608Times() {
    assertThat(run("r0 = 0\nagain: may_goto out\nr0 += 1\ngoto again\nout: exit"))
        .isEqualTo(8_388_608);
    assertThat(run("r0 = 0\nagain: may_goto out\nr0 += 1\nmay_goto out\ngoto again\nout: exit"))
        .as("two in one function count together")
        .isEqualTo(4_194_304);
    assertThat(run("r0 = 0\ngoto in\nout: exit\nin: r0 += 1\nmay_goto out\ngoto in"))
        .as("a jump back, taken the first time after")
        .isEqualTo(8_388_609);
  }

  @Test
  default void mayGotoCountsAnewInEachCall() {
    String loop =
        """
        r6 = 0
        r0 = 0
        again: may_goto out
        r6 += 1
        if r6 == 3 goto enough
        goto again
        out: r0 = -1
        exit
        enough: call whole
        r6 = r0
        call whole
        r6 += r0
        r0 = 0
        rest: may_goto end
        r0 += 1
        goto rest
        end: r0 += r6
        exit
        whole: r0 = 0
        turn: may_goto spent
        r0 += 1
        goto turn
        spent: exit
        """;
    assertThat(run(loop)).isEqualTo(3 * 8_388_608 - 3);
  }
}
