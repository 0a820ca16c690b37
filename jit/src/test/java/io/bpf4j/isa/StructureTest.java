package io.bpf4j.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InsnFormatException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StructureTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          goto pc+1/exit                      | insn 0: jump to 2, where no instruction starts
          goto pc-2/exit                      | insn 0: jump to -1, where no instruction starts
          goto pc+1/r0 = 1 ll/exit            | insn 0: jump to 2, where no instruction starts
          call pc+7/exit                      | insn 0: call to 8, where no instruction starts
          r1 = subprog[-9]/exit               | insn 0: call to -8, where no instruction starts
          r0 = 0                              | insn 0: the function's last instruction is neither exit nor a jump
          if r1 == 0 goto pc-1                | insn 0: the function's last instruction is neither exit nor a jump
          call pc+2/r0 = 0/r0 = 0/exit        | insn 2: the function's last instruction is neither exit nor a jump
          call pc+2/goto pc+1/exit/exit       | insn 1: jump to 3 leaves the function
          r10 += 8/exit                       | insn 0: the frame pointer R10 is read-only
          r10 = *(u8 *)(r1 +0)/exit           | insn 0: the frame pointer R10 is read-only
          r10 = atomic64_xchg((u64 *)(r1 +0), r10)/exit | insn 0: the frame pointer R10 is read-only
          """)
  void refusalsNamePlaceAndRule(String program, String message) {
    Insns insns = Assembler.assemble(program.replace("/", "\n"));
    assertThatThrownBy(() -> Structure.check(insns, Set.of()))
        .isInstanceOf(InsnFormatException.class)
        .hasMessage(message);
  }

  @Test
  void theEmptyProgramIsRefused() {
    assertThatThrownBy(() -> Structure.check(Assembler.assemble(""), Set.of()))
        .hasMessage("insn 0: the program is empty");
  }

  @Test
  void functionsAreFoundByCallsPointersAndNames() {
    Insns insns =
        Assembler.assemble(
            """
            call f
            r1 = subprog[g]
            exit
            f: exit
            g: exit
            h: exit
            """);
    assertThat(Structure.check(insns, Set.of())).containsExactly(0, 4, 5);
    assertThat(Structure.check(insns, Set.of(6))).containsExactly(0, 4, 5, 6);
    assertThatThrownBy(() -> Structure.check(insns, Set.of(2)))
        .hasMessage("insn 2: no instruction starts at this function entry");
  }
}
