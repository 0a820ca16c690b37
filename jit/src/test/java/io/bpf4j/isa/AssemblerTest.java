package io.bpf4j.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InsnFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssemblerTest {
  @Test
  void labelsCountInSlots() {
    Insns insns =
        Assembler.assemble(
            """
            start:
              r1 = 0x1122334455667788 ll   ; fills two slots
              if r1 != 0 goto done
              r0 = 0
              goto start
            done: exit
            """);
    assertThat(Disassembler.text(insns, 2)).isEqualTo("if r1 != 0x0 goto pc+2");
    assertThat(Disassembler.text(insns, 4)).isEqualTo("goto pc-5");
    assertThat(insns.at(5)).isEqualTo(new Insn.Exit());
  }

  @Test
  void labelsNameFunctions() {
    Insns insns = Assembler.assemble("r1 = subprog[f]\ncall f\ngotol f\nexit\nf: exit");
    assertThat(Disassembler.text(insns, 0)).isEqualTo("r1 = subprog[+4]");
    assertThat(Disassembler.text(insns, 2)).isEqualTo("call pc+2");
    assertThat(Disassembler.text(insns, 3)).isEqualTo("gotol pc+1");
  }

  @Test
  void llvmsSpellingOfSpacesAndWidthsIsRead() {
    assertThat(Assembler.assemble("w1 = *(u32 *)(r0 + 0x4)\n*(u8 *)(r10 - 0x8) = w1"))
        .isEqualTo(Assembler.assemble("r1 = *(u32 *)(r0 +4)\n*(u8 *)(r10 -8) = r1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r1 += foo               | expected a number, not 'foo'
          r1 += w2                | both registers must be 64 bits wide
          r11 = 1                 | expected a register, not 'r11'
          r1 = 0x100000000        | 4294967296 does not fit into 32 bits
          r1 = 0x10000000000000000 ll | '0x10000000000000000' is no number of at most 64 bits
          r1 = *(u32 *)(r0 +32768)| 32768 does not fit into 16 bits
          r1 = *(s64 *)(r0 +0)    | a signed load of 64 bits has no encoding
          r1 = *(u24 *)(r0 +0)    | 'u24' is no type of a memory access
          w1 = (s32)w2            | sign extension to a width that is no larger has no encoding
          r1 = -r2                | a register can only be negated in place
          r1 = be16 r2            | a register can only be swapped in place
          *(s8 *)(r1 +0) = 1      | a store has no sign
          if r1 =! 3 goto pc+1    | '=' is no condition
          goto nowhere            | label 'nowhere' stands nowhere
          goto pc+40000           | the target is 40000 slots away, farther than 16 bits reach
          exit 5                  | expected the end of the line, not '5'
          r1                      | 'the end of the line' is no operation
          lock *(u8 *)(r1 +0) += r2 | an atomic operation on fewer than 32 bits has no encoding
          r2 = atomic_xchg((u64 *)(r1 +0), r2) | the name and the size of the access differ
          r2 = atomic64_fetch_xchg((u64 *)(r1 +0), r2) | 'atomic64_fetch_xchg' is no atomic operation
          1: exit                 | '1' cannot be a label
          """)
  void refusalsNameLineAndRule(String line, String rule) {
    assertThatThrownBy(() -> Assembler.assemble("r0 = 0\n\n" + line))
        .isInstanceOf(InsnFormatException.class)
        .hasMessage("insn 1: line 3: '" + line + "': " + rule);
  }

  @Test
  void aLabelStandsOnce() {
    assertThatThrownBy(() -> Assembler.assemble("a:\na: exit"))
        .hasMessage("insn 0: line 2: 'a: exit': label 'a' stands twice");
  }
}
