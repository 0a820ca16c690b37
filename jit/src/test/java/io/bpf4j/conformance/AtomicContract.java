package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.isa.AtomicOp;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Atomic operations: the right memory, the right registers under every aliasing, and really
/// atomic.
interface AtomicContract extends Contract {

  @TestFactory
  default Stream<DynamicTest> atomicsChangeMemoryAndFetchTheOldValue() {
    return Arrays.stream(AtomicOp.values())
        .flatMap(op ->
            Stream.of(Size.W, Size.DW)
                .map(size -> DynamicTest.dynamicTest(op + " " + size, () -> operands(op, size))));
  }

  private static boolean alwaysFetches(AtomicOp op) {
    return op == AtomicOp.XCHG || op == AtomicOp.CMPXCHG;
  }

  private void operands(AtomicOp op, Size size) {
    Machine machine = machine();
    long memory = machine.memory(0L, 0L, 0L);
    for (boolean fetch : alwaysFetches(op) ? new boolean[] {true} : new boolean[] {false, true}) {
      RunnableProgram program =
          machine.load(
              new Insn.Mov(Width.W64, Reg.R3, Reg.R1),
              new Insn.Load(Size.DW, false, Reg.R0, Reg.R3, (short) 16),
              new Insn.Atomic(op, fetch, size, Reg.R3, (short) 8, Reg.R2),
              new Insn.Store(Size.DW, Reg.R3, (short) 0, Reg.R2),
              new Insn.Exit());
      for (long[] pair : Edges.pairs()) {
        for (long expected : new long[] {pair[0], pair[0] + 1, pair[0] ^ (1L << 40)}) {
          Memory.putLong(memory + 8, pair[0]);
          Memory.putLong(memory + 16, expected);
          long r0 = program.run(machine.cpu(), memory, pair[1]);
          long old = size == Size.W ? pair[0] & 0xffff_ffffL : pair[0];
          assertThat(Memory.getLong(memory + 8))
              .as("%s of 0x%x and 0x%x", op, pair[0], pair[1])
              .isEqualTo(after(op, size, pair[0], pair[1], expected));
          boolean swaps = op == AtomicOp.CMPXCHG;
          assertThat(r0).isEqualTo(swaps ? old : expected);
          assertThat(Memory.getLong(memory)).isEqualTo(fetch && !swaps ? old : pair[1]);
        }
      }
    }
  }

  private static long after(AtomicOp op, Size size, long memory, long value, long expected) {
    long mask = size == Size.W ? 0xffff_ffffL : -1;
    long result =
        switch (op) {
          case ADD -> memory + value;
          case OR -> memory | value;
          case AND -> memory & value;
          case XOR -> memory ^ value;
          case XCHG -> value;
          case CMPXCHG -> ((memory ^ expected) & mask) == 0 ? value : memory;
        };
    return (result & mask) | (memory & ~mask);
  }

  /// Every base with every source register, R0 among them: what each register holds afterwards is
  /// told by a model of the instruction.
  @TestFactory
  default Stream<DynamicTest> atomicsWorkWithAllRegisters() {
    return Arrays.stream(AtomicOp.values())
        .flatMap(op ->
            Stream.of(Size.W, Size.DW)
                .map(size -> DynamicTest.dynamicTest(op + " " + size, () -> aliasing(op, size))));
  }

  private void aliasing(AtomicOp op, Size size) {
    for (int base = 0; base <= 10; base++) {
      for (int src = 0; src <= 10; src++) {
        if (src != 10 || op == AtomicOp.CMPXCHG) {
          aliasing(op, size, true, base, src);
        }
        if (!alwaysFetches(op)) {
          aliasing(op, size, false, base, src);
        }
      }
    }
  }

  private void aliasing(AtomicOp op, Size size, boolean fetch, int base, int src) {
    Machine machine = machine();
    long area = machine.memory(new long[12]);
    long word = base == 10 ? machine.cpu().stackTop() - 8 : area + 88;
    long start = 0x8000_0001_9000_0003L;
    long[] r = new long[11];
    List<Insn> insns = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      r[i] = 0x1_0000_0000L * (i + 1) + 0x9000_0000L + i;
    }
    r[10] = machine.cpu().stackTop();
    long at = base == 10 ? r[10] : word + 8;
    if (base != 10) {
      r[base] = at;
    }
    constant(insns, Reg.R1, start);
    if (base == 10) {
      insns.add(new Insn.Store(Size.DW, Reg.R10, (short) -8, Reg.R1));
    }
    for (int i = 0; i < 10; i++) {
      constant(insns, Reg.of(i), r[i]);
    }
    Memory.putLong(area + 88, start);
    insns.add(new Insn.Atomic(op, fetch, size, Reg.of(base), (short) -8, Reg.of(src)));
    long expectedMemory = after(op, size, start, r[src], r[0]);
    long old = size == Size.W ? start & 0xffff_ffffL : start;
    if (op == AtomicOp.CMPXCHG) {
      r[0] = old;
    } else if (fetch) {
      r[src] = old;
    }
    // All registers out through the stack, then into memory: none may be spoilt on the way.
    for (int i = 0; i < 10; i++) {
      insns.add(new Insn.Store(Size.DW, Reg.R10, (short) (-16 - 8 * i), Reg.of(i)));
    }
    constant(insns, Reg.R1, area);
    for (int i = 0; i < 10; i++) {
      insns.add(new Insn.Load(Size.DW, false, Reg.R2, Reg.R10, (short) (-16 - 8 * i)));
      insns.add(new Insn.Store(Size.DW, Reg.R1, (short) (8 * i), Reg.R2));
    }
    insns.add(new Insn.Mov(Width.W64, Reg.R0, new Imm(0)));
    if (base == 10) {
      insns.add(new Insn.Load(Size.DW, false, Reg.R0, Reg.R10, (short) -8));
    } else {
      insns.add(new Insn.Load(Size.DW, false, Reg.R0, Reg.R1, (short) 88));
    }
    insns.add(new Insn.Exit());
    long memory = machine.run(machine.load(insns.toArray(Insn[]::new)));
    String what = "%s %s base r%d source r%d fetch %s".formatted(op, size, base, src, fetch);
    assertThat(memory).as(what).isEqualTo(expectedMemory);
    for (int i = 0; i < 10; i++) {
      assertThat(Memory.getLong(area + 8L * i)).as("%s: r%d", what, i).isEqualTo(r[i]);
    }
  }

  private static void constant(List<Insn> insns, Reg reg, long value) {
    insns.add(new Insn.LoadImm64(reg, io.bpf4j.isa.PseudoLoad.IMM, value));
  }

  @Test
  default void loadAcquireAndStoreReleaseMoveEverySize() {
    Machine machine = machine();
    long memory = machine.memory(0x8182_8384_8586_8788L, -1L);
    for (Size size : Size.values()) {
      RunnableProgram program =
          machine.load(
              new Insn.Mov(Width.W64, Reg.R2, new Imm(-1)),
              new Insn.LoadAcquire(size, Reg.R2, Reg.R1, (short) 0),
              new Insn.StoreRelease(size, Reg.R1, (short) 8, Reg.R2),
              new Insn.Mov(Width.W64, Reg.R0, Reg.R2),
              new Insn.Exit());
      Memory.putLong(memory + 8, -1);
      long mask = size == Size.DW ? -1 : (1L << (8 * size.bytes())) - 1;
      long value = 0x8182_8384_8586_8788L & mask;
      assertThat(machine.run(program)).isEqualTo(value);
      assertThat(Memory.getLong(memory + 8)).isEqualTo(value | ~mask);
    }
  }

  @Test
  default void unalignedAtomicsFault() {
    Machine machine = machine();
    machine.memory(0L, 0L, 0L);
    for (String access :
        new String[] {
          "lock *(u64 *)(r1 +4) += r2",
          "lock *(u32 *)(r1 +2) += r2",
          "r2 = atomic64_fetch_or((u64 *)(r1 +9), r2)",
          "r2 = load_acquire((u16 *)(r1 +1))",
          "store_release((u64 *)(r1 +4), r2)",
        }) {
      assertThatThrownBy(() -> machine.run("r0 = 0\n" + access + "\nexit"))
          .as(access)
          .isInstanceOf(MemoryFault.class)
          .hasMessageContaining("insn 1 (" + access + "): r1 = 0x")
          .hasMessageContaining("which is not aligned to its size");
    }
  }

  @Test
  default void atomicsStayInsideMemory() {
    Machine machine = machine();
    machine.memory(0L, 0L);
    for (String access :
        new String[] {
          "lock *(u64 *)(r1 +16) += r2",
          "lock *(u64 *)(r1 -8) += r2",
          "lock *(u32 *)(r10 +0) += r2",
          "lock *(u32 *)(r10 -516) += r2",
          "r0 = atomic_cmpxchg((u32 *)(r1 +16), r0, r2)",
          "r2 = load_acquire((u8 *)(r1 +16))",
          "store_release((u32 *)(r1 -4), r2)",
        }) {
      assertThatThrownBy(() -> machine.run("r0 = 0\n" + access + "\nexit"))
          .as(access)
          .isInstanceOf(MemoryFault.class);
    }
  }

  @Test
  default void readOnlyMemoryTakesLoadAcquireOnly() {
    ToyMap map = ToyMap.readOnly("rodata", 1);
    Machine machine = machine();
    String start = "r0 = 0\nr1 = map[idx:0][0]+0\n";
    assertThat(
            machine.run(machine.withMaps(start + "r0 = load_acquire((u64 *)(r1 +0))\nexit", map)))
        .isZero();
    for (String access :
        new String[] {"lock *(u64 *)(r1 +0) += r2", "store_release((u64 *)(r1 +0), r2)"}) {
      assertThatThrownBy(() -> machine.run(machine.withMaps(start + access + "\nexit", map)))
          .isInstanceOf(MemoryFault.class);
    }
  }

  @Test
  default void noAdditionOfTwoThreadsIsLost() throws InterruptedException {
    Machine machine = machine();
    ToyMap map = ToyMap.of("counter", 1);
    RunnableProgram program =
        machine.withMaps(
            """
            r1 = map[idx:0][0]+0
            r2 = 1
            r6 = 200000
            again: lock *(u64 *)(r1 +0) += r2
            r3 = 1
            r3 = atomic_fetch_add((u32 *)(r1 +8), r3)
            r6 -= 1
            if r6 != 0 goto again
            r0 = 0
            exit
            """,
            map);
    Thread other = Thread.ofPlatform().start(() -> program.run(new Cpu(1), 0, 0));
    program.run(machine.cpu(), 0, 0);
    other.join();
    assertThat(Memory.getLong(map.value(0))).isEqualTo(400_000);
    assertThat(Memory.getInt(map.value(0) + 8)).isEqualTo(400_000);
  }
}
