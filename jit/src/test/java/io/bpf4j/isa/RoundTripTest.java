package io.bpf4j.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bpf4j.error.InsnFormatException;
import io.bpf4j.isa.RandomInsns.Slot;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoundTripTest {
  private static final int TRIES = 200;

  private final RandomInsns random = new RandomInsns(new SplittableRandom(7));

  private static byte[] code(InsnForm form, Slot slot) {
    byte[] bytes = slot.bytes();
    if (form != InsnForm.LOAD_IMM64) {
      return bytes;
    }
    byte[] wide = Arrays.copyOf(bytes, 16);
    boolean high = slot.src() == 0 || slot.src() == 2 || slot.src() == 3 || slot.src() == 6;
    System.arraycopy(bytes, high ? 4 : 8, wide, 12, high ? 4 : 0);
    return wide;
  }

  @ParameterizedTest
  @EnumSource(InsnForm.class)
  void encodingIsTheInverseOfDecoding(InsnForm form) {
    for (int opcode : form.opcodes()) {
      for (int i = 0; i < TRIES; i++) {
        byte[] code = code(form, random.legal(form, opcode));
        assertThat(InsnEncoder.encode(InsnDecoder.decode(code))).isEqualTo(code);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(InsnForm.class)
  void theAssemblerReadsWhatTheDisassemblerWrites(InsnForm form) {
    for (int opcode : form.opcodes()) {
      for (int i = 0; i < TRIES; i++) {
        Insns insns = InsnDecoder.decode(code(form, random.legal(form, opcode)));
        String text = Disassembler.text(insns, 0);
        assertThat(Assembler.assemble(text)).as(text).isEqualTo(insns);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(InsnForm.class)
  void aFieldTheFormForbidsIsRefusedUnlessAnotherFormAllowsIt(InsnForm form) {
    for (int opcode : form.opcodes()) {
      for (int i = 0; i < TRIES; i++) {
        for (Slot bad : random.illegal(form, opcode)) {
          boolean other =
              InsnForm.ofOpcode(opcode).stream()
                  .anyMatch(
                      f -> f.violation(bad.dst(), bad.src(), bad.offset(), bad.imm()) == null);
          if (!other) {
            assertThatThrownBy(() -> InsnDecoder.decode(code(form, bad)))
                .isInstanceOf(InsnFormatException.class)
                .hasMessageStartingWith("insn 0: ")
                .hasMessageContaining(form.name());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(InsnForm.class)
  void noTwoFormsAdmitTheSameInstruction(InsnForm form) {
    for (int opcode : form.opcodes()) {
      for (int i = 0; i < TRIES; i++) {
        Slot slot = random.legal(form, opcode);
        assertThat(
                InsnForm.ofOpcode(opcode).stream()
                    .filter(f ->
                        f.violation(slot.dst(), slot.src(), slot.offset(), slot.imm()) == null))
            .containsExactly(form);
      }
    }
  }

  @Test
  void opcodesOfNoFormAreRefused() {
    for (int opcode = 0; opcode < 256; opcode++) {
      if (InsnForm.ofOpcode(opcode).isEmpty()) {
        byte[] code = new Slot(opcode, 0, 0, 0, 0).bytes();
        assertThatThrownBy(() -> InsnDecoder.decode(code))
            .isInstanceOf(InsnFormatException.class)
            .hasMessage("insn 0: opcode 0x%02x is unknown".formatted(opcode));
      }
    }
  }

  @Test
  void everyOperationHasItsOpcodes() {
    EnumSet<AluOp> alu = EnumSet.noneOf(AluOp.class);
    EnumSet<JmpOp> jmp = EnumSet.noneOf(JmpOp.class);
    EnumSet<AtomicOp> atomic = EnumSet.noneOf(AtomicOp.class);
    Stream.of(InsnForm.values())
        .flatMap(form ->
            form.opcodes().stream()
                .flatMap(opcode ->
                    Stream.generate(() -> code(form, random.legal(form, opcode))).limit(TRIES)))
        .map(code -> InsnDecoder.decode(code).at(0))
        .forEach(insn -> {
          switch (insn) {
            case Insn.Alu a -> alu.add(a.op());
            case Insn.Jump j -> jmp.add(j.op());
            case Insn.Atomic a -> atomic.add(a.op());
            default -> {}
          }
        });
    assertThat(alu).isEqualTo(EnumSet.allOf(AluOp.class));
    assertThat(jmp).isEqualTo(EnumSet.allOf(JmpOp.class));
    assertThat(atomic).isEqualTo(EnumSet.allOf(AtomicOp.class));
  }
}
