package io.bpf4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.engine.RunnableProgram;
import io.bpf4j.error.InsnFormatException;
import io.bpf4j.error.MemoryFault;
import io.bpf4j.error.UnsupportedException;
import io.bpf4j.mem.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Structs that are read by rule, what is refused before it runs, and the words of faults.
interface RuleContract extends Contract {

  private long context(String access) {
    Machine machine = machine();
    Memory.putLong(machine.cpu().ctx(), 0x0000_9abc_8182_8384L);
    Memory.putLong(machine.cpu().ctx() + 8, machine.sock());
    return machine.runTyped(machine.typed(access + "\nexit"));
  }

  @Test
  default void contextLoadsGoByTheirRules() {
    assertThat(context("r0 = *(u32 *)(r1 +0)")).isEqualTo(0x8182_8384L);
    assertThat(context("r0 = *(s32 *)(r1 +0)")).isEqualTo((int) 0x8182_8384L);
    assertThat(context("r0 = *(u8 *)(r1 +0)")).isEqualTo(0x84);
    assertThat(context("r0 = *(s8 *)(r1 +0)")).isEqualTo((byte) 0x84);
    assertThat(context("r0 = *(u16 *)(r1 +2)")).isEqualTo(0x8182);
    assertThat(context("r0 = *(u16 *)(r1 +4)")).isEqualTo(0x9abc);
    assertThat(context("r0 = *(u32 *)(r1 +4)"))
        .as("a rule that reads two bytes and extends their sign")
        .isEqualTo((short) 0x9abc);
  }

  @ParameterizedTest
  @CsvSource({
    "r0 = *(u8 *)(r1 +1), 1-byte read at offset 1 of struct toy_ctx (family) is not legal",
    "r0 = *(u64 *)(r1 +0), 8-byte read at offset 0 of struct toy_ctx (family) is not legal",
    "r0 = *(u16 *)(r1 +6), 2-byte read at offset 6 of struct toy_ctx is not legal",
    "r0 = *(u8 *)(r1 +16), r1 = 0x: 1-byte read of no memory of the program",
    "*(u32 *)(r1 +0) = 1, 'r1 = 0x: 4-byte write to struct toy_ctx, which is read-only'",
    "lock *(u32 *)(r1 +0) += r1, 'r1 = 0x: 4-byte atomic access to struct toy_ctx, which takes no atomic accesses'",
  })
  default void otherContextAccessesFault(String access, String words) {
    assertThatThrownBy(() -> context(access))
        .isInstanceOf(MemoryFault.class)
        .hasMessageStartingWith("prog 'toy' insn 0 (" + access + "): ")
        .hasMessageEndingWith(", toy.bpf.c:7")
        .extracting(e -> String.valueOf(e.getMessage()).replaceAll("= 0x[0-9a-f]{6,}", "= 0x"))
        .asString()
        .contains(words);
  }

  @Test
  default void aContextIsReachedThroughComputedPointersToo() {
    assertThat(context("r2 = r1\nr2 += 2\nr0 = *(u16 *)(r2 +0)")).isEqualTo(0x8182);
    assertThatThrownBy(() -> context("r2 = r1\nr2 += 3\nr0 = *(u16 *)(r2 +0)"))
        .isInstanceOf(MemoryFault.class);
  }

  @Test
  default void socketsAreReadByRuleAndNeverWritten() {
    Machine machine = machine();
    Memory.putInt(machine.cpu().ctx(), 0);
    Memory.putLong(machine.cpu().ctx() + 8, machine.sock());
    Memory.putLong(machine.sock(), 0x0000_0042_0000_000aL);
    String sk = "r2 = *(u64 *)(r1 +8)\n";
    assertThat(machine.runTyped(machine.typed(sk + "r0 = *(u32 *)(r2 +4)\nexit"))).isEqualTo(0x42);
    for (String access :
        new String[] {
          "r0 = *(u16 *)(r2 +0)",
          "r0 = *(u64 *)(r2 +0)",
          "r0 = *(u32 *)(r2 +8)",
          "*(u32 *)(r2 +4) = 1",
          "r0 = load_acquire((u32 *)(r2 +4))",
        }) {
      RunnableProgram program = machine.typed(sk + access + "\nexit");
      assertThatThrownBy(() -> machine.runTyped(program))
          .as(access)
          .isInstanceOf(MemoryFault.class);
    }
  }

  @Test
  default void faultsNameInsnRegisterAddressAndPlace() {
    Machine machine = machine();
    RunnableProgram program = machine.typed("r2 = 48\nr0 = *(u32 *)(r2 +16)\nexit");
    assertThatThrownBy(() -> machine.runTyped(program))
        .isInstanceOfSatisfying(
            MemoryFault.class,
            e -> {
              assertThat(e.address()).isEqualTo(64);
              assertThat(e.pc()).isEqualTo(1);
              assertThat(e.program()).isEqualTo("toy");
            })
        .hasMessage(
            "prog 'toy' insn 1 (r0 = *(u32 *)(r2 +16)): r2 = 0x30:"
                + " 4-byte read through a null pointer, toy.bpf.c:7");
  }

  @Test
  default void stackFaultsSayHowFarOutsideTheyAre() {
    assertThatThrownBy(() -> run("r0 = 0\n*(u32 *)(r10 -516) = 1\nexit"))
        .hasMessageContaining("4-byte write at fp-516, outside the stack");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          call helper#999  | insn 0: helper #999 is unknown
          call helper#-1   | insn 0: helper #-1 is unknown
          call helper#30   | insn 0: helper toy_absent#30 has no implementation
          r0 = *(u16 *)skb[4] | insn 0: a packet load (LD_ABS, LD_IND) needs a program type
          r0 = *(u8 *)skb[r1 + 4] | insn 0: a packet load (LD_ABS, LD_IND) needs a program type
          r1 = addr_space_cast(r1, 0, 1) | insn 0: addr_space_cast needs an arena
          call kfunc#7 module 0 | insn 0: kernel functions cannot be called
          r1 = map[idx:0]  | insn 0: map index 0 is not bound
          r1 = map[fd:3]   | insn 0: a wide load of map_fd means nothing outside the kernel
          """)
  default void whatCannotRunIsRefusedByName(String insn, String words) {
    assertThatThrownBy(() -> machine().load(insn + "\nexit"))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageStartingWith("prog 'toy' " + words);
  }

  @Test
  default void aTypedProgramHasTheHelpersOfItsType() {
    assertThatThrownBy(() -> machine().typed("call toy_tick#5\nexit"))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("toy_tick#5 is not offered to socket_filter programs");
  }

  @ParameterizedTest
  @CsvSource({"goto pc+1, 3", "call pc+7, 9", "r0 = 1, 0", "gotol pc-9, -7"})
  default void programsThatLeadNowhereAreRefused(String insn, int target) {
    assertThatThrownBy(() -> machine().load("exit\n" + insn))
        .isInstanceOf(InsnFormatException.class)
        .hasMessageContaining(target == 0 ? "neither exit nor a jump" : String.valueOf(target));
  }
}
