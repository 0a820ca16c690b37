package io.bpf4j.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.conformance.Machine;
import io.bpf4j.conformance.ToyPlatform;
import io.bpf4j.engine.CompileReport;
import io.bpf4j.engine.EngineOptions;
import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.interp.Interpreter;
import io.bpf4j.isa.AluOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Insns;
import io.bpf4j.isa.JmpOp;
import io.bpf4j.isa.PseudoLoad;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.Program;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Programs beyond every limit of a JVM method or class: they run compiled, in methods that HotSpot
/// compiles.
class LargeProgramTest {
  private static final int HUGE = 8_000;
  private static final int SLOTS = 65_536;

  private final Machine machine = new Machine(new Interpreter("interp"));

  /// Loads on both engines, compares a run, and answers what the compiler says.
  CompileReport check(List<Insn> code) {
    Program program = Program.raw("large", Insns.of(code));
    EngineOptions options = new EngineOptions(1_000_000);
    byte[] content = new byte[4096];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 31);
    }
    long memory = machine.memory(content);
    long expected =
        machine.run(new Interpreter("interp").load(program, ToyPlatform.PLATFORM, options));
    byte[] after = Memory.bytes(memory, content.length);
    memory = machine.memory(content);
    RunnableProgram compiled = new JitEngine().load(program, ToyPlatform.PLATFORM, options);
    assertThat(machine.run(compiled)).isEqualTo(expected);
    assertThat(Memory.bytes(memory, content.length)).isEqualTo(after);
    CompileReport report = compiled.report();
    assertThat(report.methods())
        .isNotEmpty()
        .allSatisfy(method -> assertThat(method.bytes()).as(method.name()).isBetween(1, HUGE - 1));
    for (byte[] file : report.classFile()) {
      assertThat(ClassDefiner.sizes(file).values()).allMatch(bytes -> bytes < HUGE);
    }
    return report;
  }

  @Test
  void wideImmediatesFillOneConstantPoolAfterTheOther() {
    List<Insn> code = new ArrayList<>();
    for (long i = 1; 3 * i < SLOTS; i++) {
      code.add(new Insn.LoadImm64(Reg.R1, PseudoLoad.IMM, i * 0x9e37_79b9_7f4a_7c15L));
      code.add(new Insn.Alu(AluOp.XOR, Width.W64, Reg.R0, Reg.R1));
    }
    code.add(new Insn.Exit());
    CompileReport report = check(code);
    assertThat(report.classFile()).hasSizeGreaterThan(1);
    assertThat(report.methods().getFirst().why()).matches("goes between \\d+ chunks");
    assertThat(report.methods().get(2).why()).matches("split at pc \\d+: \\d+ bytes before it");
  }

  @Test
  void narrowImmediatesDoToo() {
    List<Insn> code = new ArrayList<>();
    for (int i = 1; i < SLOTS; i++) {
      code.add(new Insn.Alu(AluOp.XOR, Width.W64, Reg.R0, new Imm(i * 0x9e37_79b9)));
    }
    code.add(new Insn.Exit());
    assertThat(check(code).classFile()).hasSizeGreaterThan(1);
  }

  /// A program of loads and stores from end to end.
  static List<Insn> accesses() {
    List<Insn> code = new ArrayList<>();
    for (int i = 0; code.size() < SLOTS - 5; i++) {
      code.add(new Insn.Load(Size.W, false, Reg.R3, Reg.R1, (short) (i * 4 % 4093)));
      code.add(new Insn.Alu(AluOp.ADD, Width.W32, Reg.R0, Reg.R3));
      code.add(new Insn.Store(Size.H, Reg.R1, (short) (i * 7 % 4095), Reg.R0));
    }
    code.add(new Insn.Exit());
    return code;
  }

  @Test
  void accessesAreSpreadOverManyMethods() {
    assertThat(check(accesses()).methods()).hasSizeGreaterThan(100);
  }

  /// Chunk after chunk, in an order that is not theirs, with loops inside and around.
  @Test
  void jumpsCrossAllDistances() {
    int blocks = 2_000;
    int length = 30;
    List<Insn> code = new ArrayList<>();
    code.add(new Insn.Mov(Width.W64, Reg.R6, new Imm(40)));
    for (int block = 0; block < blocks; block++) {
      int start = code.size();
      code.add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R0, new Imm(block)));
      code.add(new Insn.Alu(AluOp.MUL, Width.W64, Reg.R0, new Imm(31)));
      while (code.size() < start + length - 2) {
        code.add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R7, Reg.R0));
      }
      code.add(new Insn.Alu(AluOp.SUB, Width.W64, Reg.R6, new Imm(1)));
      // From block to block in large steps, until R6 is used up.
      int next = (int) ((block + 1_237L) % blocks);
      code.add(new Insn.Goto(1 + next * length - (code.size() + 1), true));
      if (block == blocks / 2) {
        // The way out.
        code.set(start, new Insn.Jump(JmpOp.JSLE, Width.W64, Reg.R6, new Imm(0), (short) 27));
        code.set(code.size() - 1, new Insn.Goto(1 + blocks * length - code.size(), true));
      }
    }
    code.add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R0, Reg.R7));
    code.add(new Insn.Exit());
    check(code);
  }

  @Test
  void tensOfThousandsOfFunctionsAreMethodsInSeveralClasses() {
    int functions = 20_000;
    List<Insn> code = new ArrayList<>();
    for (int i = 0; i < functions; i++) {
      code.add(new Insn.CallLocal(functions + 1 + 2 * i - (code.size() + 1)));
    }
    code.add(new Insn.Exit());
    for (int i = 0; i < functions; i++) {
      code.add(new Insn.Alu(AluOp.ADD, Width.W64, Reg.R0, new Imm(i)));
      code.add(new Insn.Exit());
    }
    assertThat(check(code).classFile()).hasSizeGreaterThan(1);
  }

  @Test
  void callsThroughRegistersChooseAmongThousandsOfFunctions() {
    int functions = 3_000;
    List<Insn> code = new ArrayList<>();
    code.add(new Insn.Mov(Width.W64, Reg.R6, new Imm(0)));
    for (int i = 0; i < functions; i++) {
      int callee = (i * 7919) % functions;
      int target = 1 + 4 * functions + 2 + 2 * callee;
      int pc = 1 + 4 * i;
      code.add(new Insn.LoadImm64(Reg.R3, PseudoLoad.FUNC, target - (pc + 1)));
      code.add(new Insn.CallReg(Reg.R3));
      code.add(new Insn.Alu(AluOp.XOR, Width.W64, Reg.R6, Reg.R0));
    }
    code.add(new Insn.Mov(Width.W64, Reg.R0, Reg.R6));
    code.add(new Insn.Exit());
    for (int i = 0; i < functions; i++) {
      code.add(new Insn.Mov(Width.W64, Reg.R0, new Imm(i * 0x0101_0101)));
      code.add(new Insn.Exit());
    }
    check(code);
  }
}
