package io.bpf4j.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InsnFormatException;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InsnDecoderTest {
  private static Insns decode(String hex) {
    return InsnDecoder.decode(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          b7 00 00 00 01 00 00        | insn 0: the program ends after 7 of 8 bytes
          b7 0b 00 00 01 00 00 00     | insn 0: MOV64_IMM: destination register 11 must be a register, 0 to 10
          95 00 00 00 01 00 00 00     | insn 0: EXIT: immediate 1 must be 0
          34 00 02 00 01 00 00 00     | insn 0: DIVMUL32_IMM: offset 2 must be 0; SDIVMOD32_IMM: offset 2 must be 1
          18 00 00 00 01 00 00 00     | insn 0: LOAD_IMM64: the second slot is missing
          18 00 00 00 01 00 00 00 18 00 00 00 00 00 00 00 | insn 1: LOAD_IMM64: opcode, registers and offset of the second slot must be 0
          18 51 00 00 01 00 00 00 00 00 00 00 02 00 00 00 | insn 1: LOAD_IMM64 of MAP_IDX: immediate 2 must be 0
          18 70 00 00 01 00 00 00 00 00 00 00 00 00 00 00 | insn 0: LOAD_IMM64: source register 7 must be 0 to 6
          ff 00 00 00 00 00 00 00     | insn 0: opcode 0xff is unknown
          """)
  void refusalsNamePlaceAndRule(String hex, String message) {
    assertThatThrownBy(() -> decode(hex))
        .isInstanceOf(InsnFormatException.class)
        .hasMessage(message);
  }

  @Test
  void anEmptyProgramDecodesToNothing() {
    assertThat(decode("").size()).isZero();
  }

  @Test
  void damageEndsInSuccessOrAFormatException() {
    SplittableRandom random = new SplittableRandom(11);
    RandomInsns insns = new RandomInsns(random);
    InsnForm[] forms = InsnForm.values();
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] code = new byte[8 * (1 + random.nextInt(6)) - (random.nextInt(8) == 0 ? 3 : 0)];
      for (int at = 0; at + 8 <= code.length; at += 8) {
        InsnForm form = forms[random.nextInt(forms.length)];
        int opcode = form.opcodes().get(random.nextInt(form.opcodes().size()));
        System.arraycopy(insns.legal(form, opcode).bytes(), 0, code, at, 8);
      }
      for (int flips = random.nextInt(4); flips > 0; flips--) {
        code[random.nextInt(code.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        Insns decoded = InsnDecoder.decode(code);
        assertThat(InsnEncoder.encode(decoded)).isEqualTo(code);
        Structure.check(decoded, Set.of());
      } catch (InsnFormatException e) {
        assertThat(e.pc()).isBetween(0, code.length / 8);
        refused++;
      }
    }
    assertThat(refused).isBetween(1_000, 49_999);
  }
}
