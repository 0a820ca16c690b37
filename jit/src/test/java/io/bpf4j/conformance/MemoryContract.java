package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.isa.Imm;
import io.bpf4j.isa.Insn;
import io.bpf4j.isa.Operand;
import io.bpf4j.isa.Reg;
import io.bpf4j.isa.Size;
import io.bpf4j.isa.Width;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Loads and stores: every size, at both ends of what a program may touch, and one byte beyond.
interface MemoryContract extends Contract {

  @Test
  default void loadsExtendAsTheirSizeAndSignSay() {
    Machine machine = machine();
    machine.memory(0x8182_8384_8586_8788L);
    assertThat(machine.run("r0 = *(u8 *)(r1 +0)\nexit")).isEqualTo(0x88);
    assertThat(machine.run("r0 = *(u16 *)(r1 +1)\nexit")).isEqualTo(0x8687);
    assertThat(machine.run("r0 = *(u32 *)(r1 +3)\nexit")).isEqualTo(0x8283_8485L);
    assertThat(machine.run("r0 = *(u64 *)(r1 +0)\nexit")).isEqualTo(0x8182_8384_8586_8788L);
    assertThat(machine.run("r0 = *(s8 *)(r1 +0)\nexit")).isEqualTo(-0x78);
    assertThat(machine.run("r0 = *(s16 *)(r1 +1)\nexit")).isEqualTo((short) 0x8687);
    assertThat(machine.run("r0 = *(s32 *)(r1 +3)\nexit")).isEqualTo((int) 0x8283_8485L);
    assertThat(machine.run("r1 = *(s32 *)(r1 +3)\nr0 = r1\nexit")).isEqualTo((int) 0x8283_8485L);
  }

  @Test
  default void positiveNumbersStayPositiveUnderSignedLoads() {
    Machine machine = machine();
    machine.memory(0x7172_7374_7576_7778L);
    assertThat(machine.run("r0 = *(s8 *)(r1 +0)\nexit")).isEqualTo(0x78);
    assertThat(machine.run("r0 = *(s16 *)(r1 +0)\nexit")).isEqualTo(0x7778);
    assertThat(machine.run("r0 = *(s32 *)(r1 +0)\nexit")).isEqualTo(0x7576_7778);
  }

  @Test
  default void storesWriteTheirSizeAndNothingElse() {
    Machine machine = machine();
    long memory = machine.memory(-1L, -1L, -1L);
    for (Size size : Size.values()) {
      for (long value : Edges.LONGS) {
        for (boolean immediate : new boolean[] {false, true}) {
          if (immediate && value != (int) value) {
            continue;
          }
          Operand src = immediate ? new Imm((int) value) : Reg.R2;
          RunnableProgram program =
              machine.load(
                  new Insn.Store(size, Reg.R1, (short) 8, src),
                  new Insn.Mov(Width.W64, Reg.R0, new Imm(0)),
                  new Insn.Exit());
          Memory.putLong(memory + 8, -1);
          program.run(machine.cpu(), memory, value);
          long mask = size == Size.DW ? -1 : (1L << (8 * size.bytes())) - 1;
          assertThat(Memory.getLong(memory + 8)).isEqualTo((value & mask) | ~mask);
          assertThat(Memory.getLong(memory)).isEqualTo(-1);
          assertThat(Memory.getLong(memory + 16)).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  default void memoryEndsWhereItEnds() {
    Machine machine = machine();
    long length = 24;
    machine.memory(new byte[(int) length]);
    for (Size size : Size.values()) {
      for (long offset = -9; offset <= length + 1; offset++) {
        boolean legal = offset >= 0 && offset + size.bytes() <= length;
        expect(machine, load(size, false, offset), legal);
        expect(machine, store(size, offset, Reg.R1), legal);
        expect(machine, store(size, offset, new Imm(-1)), legal);
        if (size != Size.DW) {
          expect(machine, load(size, true, offset), legal);
        }
      }
    }
  }

  private static Insn load(Size size, boolean signed, long offset) {
    return new Insn.Load(size, signed, Reg.R0, Reg.R1, (short) offset);
  }

  private static Insn store(Size size, long offset, Operand src) {
    return new Insn.Store(size, Reg.R1, (short) offset, src);
  }

  private static void expect(Machine machine, Insn insn, boolean legal) {
    RunnableProgram program =
        machine.load(new Insn.Mov(Width.W64, Reg.R0, new Imm(0)), insn, new Insn.Exit());
    if (legal) {
      machine.run(program);
    } else {
      assertThatThrownBy(() -> machine.run(program))
          .as("%s", insn)
          .isInstanceOfSatisfying(MemoryFault.class, e -> assertThat(e.pc()).isEqualTo(1));
    }
  }

  @Test
  default void addressesFarAwayFault() {
    Machine machine = machine();
    long memory = machine.memory(new byte[8]);
    for (long edge : Edges.LONGS) {
      for (String access :
          List.of(
              "r0 = *(u8 *)(r1 +0)",
              "r0 = *(u64 *)(r1 +0)",
              "*(u32 *)(r1 +0) = 1",
              "*(u64 *)(r1 -8) = r1")) {
        for (long address : new long[] {edge, memory ^ Long.MIN_VALUE, memory + (1L << 32)}) {
          RunnableProgram program = machine.load("r0 = 0\n" + access + "\nexit");
          assertThatThrownBy(() -> program.run(machine.cpu(), address, 0))
              .as("%s at 0x%x", access, address)
              .isInstanceOf(MemoryFault.class);
        }
      }
    }
  }

  @Test
  default void withoutMemoryNothingCanBeRead() {
    assertThatThrownBy(() -> run("r0 = *(u8 *)(r1 +0)\nexit"))
        .hasMessage(
            "prog 'toy' insn 0 (r0 = *(u8 *)(r1 +0)): r1 = 0x0: 1-byte read through a null pointer");
  }

  @Test
  default void theStackHoldsWhatWasStored() {
    assertThat(
            run(
                """
                r1 = 0x1122334455667788 ll
                *(u64 *)(r10 -8) = r1
                *(u64 *)(r10 -512) = r1
                *(u8 *)(r10 -8) = 0
                r2 = r10
                r2 += -512
                r0 = *(u32 *)(r2 +4)
                r3 = *(u16 *)(r10 -8)
                r0 += r3
                exit
                """))
        .isEqualTo(0x1122_3344L + 0x7700);
  }

  @Test
  default void aFrameHas512Bytes() {
    Machine machine = machine();
    for (Size size : Size.values()) {
      for (long offset : new long[] {-520, -513, -512, -511, -9, -8, -7, -4, -3, -2, -1, 0, 8}) {
        boolean legal = offset >= -Cpu.FRAME_BYTES && offset + size.bytes() <= 0;
        for (Insn insn :
            List.of(
                new Insn.Load(size, false, Reg.R0, Reg.R10, (short) offset),
                new Insn.Store(size, Reg.R10, (short) offset, Reg.R0),
                new Insn.Store(size, Reg.R10, (short) offset, new Imm(3)))) {
          expect(machine, insn, legal);
        }
      }
    }
  }

  /// The same through a pointer the engine cannot see through.
  @Test
  default void aFrameHas512BytesThroughComputedPointersToo() {
    Machine machine = machine();
    RunnableProgram program = machine.load("r3 = r10\nr3 += r2\nr0 = *(u32 *)(r3 +0)\nexit");
    for (long offset : new long[] {-512, -511, -100, -4}) {
      assertThat(program.run(machine.cpu(), 0, offset)).isZero();
    }
    for (long offset : new long[] {-4096, -513, -3, 0, 300, 1L << 40, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> program.run(machine.cpu(), 0, offset))
          .isInstanceOf(MemoryFault.class);
    }
  }

  @Test
  default void theStackStartsZeroedInEveryRun() {
    String dirty =
        """
        r2 = *(u64 *)(r10 -512)
        r3 = *(u64 *)(r10 -8)
        r4 = *(u64 *)(r10 -264)
        r0 = r2
        r0 |= r3
        r0 |= r4
        r5 = -1
        *(u64 *)(r10 -512) = r5
        *(u64 *)(r10 -8) = r5
        *(u64 *)(r10 -264) = r5
        exit
        """;
    Machine machine = machine();
    RunnableProgram program = machine.load(dirty);
    assertThat(machine.run(program)).isZero();
    assertThat(machine.run(program)).isZero();
  }

  @Test
  default void partlyWrittenSlotsReadAsZeroElsewhere() {
    assertThat(run("*(u8 *)(r10 -5) = 255\nr0 = *(u64 *)(r10 -8)\nexit")).isEqualTo(0xff00_0000L);
    assertThat(run("*(u8 *)(r10 -8) = 255\nr0 = *(u64 *)(r10 -12)\nexit")).isEqualTo(0xffL << 32);
  }

  @Test
  default void mapValuesAreCellsOfTheirOwn() {
    ToyMap map = ToyMap.of("cells", 3);
    Machine machine = machine();
    for (Size size : Size.values()) {
      for (int offset = -20; offset <= 60; offset++) {
        int inCell = Math.floorMod(offset, ToyMap.STRIDE);
        boolean legal =
            offset >= 0
                && offset < 3 * ToyMap.STRIDE
                && inCell + size.bytes() <= ToyMap.VALUE_BYTES;
        String place = "*(%s *)(r2 %+d)".formatted(size.spelling(false), offset);
        for (String access : List.of("r0 = " + place, place + " = 5", place + " = r3")) {
          RunnableProgram program =
              machine.withMaps("r2 = map[idx:0][0]+0\nr0 = 0\n" + access + "\nexit", map);
          if (legal) {
            machine.run(program);
          } else {
            assertThatThrownBy(() -> machine.run(program))
                .as(access)
                .isInstanceOf(MemoryFault.class);
          }
        }
      }
    }
  }

  @Test
  default void programsSeeAndChangeMapValues() {
    ToyMap map = ToyMap.of("counts", 3);
    Memory.putInt(map.value(2) + 4, 41);
    Machine machine = machine();
    RunnableProgram program =
        machine.withMaps(
            """
            r1 = map[idx:0][0]+32
            r0 = *(u32 *)(r1 +4)
            r0 += 1
            *(u32 *)(r1 +4) = r0
            exit
            """,
            map);
    assertThat(machine.run(program)).isEqualTo(42);
    assertThat(machine.run(program)).isEqualTo(43);
    assertThat(Memory.getInt(map.value(2) + 4)).isEqualTo(43);
  }

  @Test
  default void readOnlyMapValuesCannotBeStoredTo() {
    ToyMap map = ToyMap.readOnly("rodata", 1);
    Machine machine = machine();
    String load = "r1 = map[idx:0][0]+0\n";
    assertThat(machine.run(machine.withMaps(load + "r0 = *(u64 *)(r1 +0)\nexit", map))).isZero();
    assertThatThrownBy(() -> machine.run(machine.withMaps(load + "*(u8 *)(r1 +1) = 1\nexit", map)))
        .hasMessageContaining("insn 2 (*(u8 *)(r1 +1) = 1): r1 = 0x")
        .hasMessageEndingWith("1-byte write to map 'rodata', which is read-only");
  }

  @Test
  default void storesBeforeAFaultStay() {
    Machine machine = machine();
    long memory = machine.memory(0L);
    assertThatThrownBy(() -> machine.run("*(u32 *)(r1 +0) = 9\n*(u32 *)(r1 +8) = 9\nexit"))
        .isInstanceOf(MemoryFault.class);
    assertThat(Memory.getInt(memory)).isEqualTo(9);
  }

  @Test
  default void anOffsetThatWrapsAroundIsNoWayIn() {
    Machine machine = machine();
    machine.memory(0L);
    RunnableProgram program = machine.load("r0 = *(u8 *)(r1 +32767)\nexit");
    assertThatThrownBy(() -> program.run(machine.cpu(), Long.MAX_VALUE, 0))
        .isInstanceOf(MemoryFault.class);
    RunnableProgram below = machine.load("r0 = *(u8 *)(r1 -32768)\nexit");
    assertThatThrownBy(() -> below.run(machine.cpu(), Long.MIN_VALUE, 0))
        .isInstanceOf(MemoryFault.class);
  }
}
