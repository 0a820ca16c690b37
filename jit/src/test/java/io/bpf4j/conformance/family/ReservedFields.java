package io.bpf4j.conformance.family;

import io.bpf4j.isa.Assembler;
import io.bpf4j.isa.InsnEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The rows of `reserved.family`: for each instruction a program that is legal, and as many that
/// differ from it in one field.
public final class ReservedFields {
  private static final String BEFORE = "r6 = r1\nr0 = 0\nr2 = 1\nr3 = 1\n*(u64 *)(r10 -8) = 0\n";
  private static final String AFTER = "r0 = 0\nexit\n";
  private static final String FUNCTION = "r0 = 0\nexit\n";
  private static final List<Integer> NUMBERS =
      List.of(
          0, 1, 2, 3, 8, 16, 17, 32, 64, 65, 80, 81, 160, 161, 224, 225, 240, 241, 256, 257, 272);
  private static final List<Integer> WIDE = List.of(-1, 1 << 16, 1 << 30, Integer.MIN_VALUE);
  private static final int REGISTERS = 11;
  private static final int FIELDS_OF_A_REGISTER = 16;

  /// A program around one instruction.
  ///
  /// @param name the instruction, and what was changed
  /// @param code the program's bytes
  /// @param legal whether the instruction is
  /// @param inKernel whether the kernel is to say the same
  public record Sample(String name, byte[] code, boolean legal, boolean inKernel) {}

  private final List<Sample> samples = new ArrayList<>();
  private final Set<Integer> opcodes = new HashSet<>();

  private ReservedFields() {}

  /// All programs: a legal one of each instruction, those with a field that must not be what it is,
  /// and those with an opcode that means nothing.
  public static List<Sample> samples() {
    ReservedFields fields = new ReservedFields();
    Family.read("reserved").rows().forEach(fields::row);
    fields.unknownOpcodes();
    return fields.samples;
  }

  private void row(Family.Row row) {
    String insn = row.insn();
    boolean call = insn.startsWith("call pc");
    String after = insn.equals("exit") ? "" : AFTER + (call ? FUNCTION : "");
    String source = BEFORE + insn + "\n" + after;
    byte[] code = InsnEncoder.encode(Assembler.assemble(source));
    int at = 8 * Assembler.assemble(BEFORE).size();
    opcodes.add(code[at] & 0xff);
    String notes = row.columns().size() > 1 ? row.columns().get(1) : "";
    boolean inKernel = !notes.contains("not in the kernel");
    samples.add(new Sample(insn, code, true, inKernel));
    List<String> reserved = Arrays.asList(row.columns().getFirst().split(" ", -1));
    for (String field : List.of("dst", "src", "off", "imm", "dst2", "src2", "off2", "code2")) {
      for (int value : values(field, reserved.contains(field))) {
        byte[] changed = changed(code, at, field, value);
        if (!Arrays.equals(changed, code) && !means(notes, field, value)) {
          boolean looks = inKernel && !notes.contains("kernel takes " + field);
          samples.add(new Sample(insn + " with " + field + " " + value, changed, false, looks));
        }
      }
    }
  }

  /// What a field must not hold.
  private static List<Integer> values(String field, boolean reserved) {
    boolean register = field.startsWith("dst") || field.startsWith("src");
    if (!reserved) {
      return field.equals("dst") || field.equals("src") ? List.of(11, 15) : List.of();
    }
    List<Integer> values = new ArrayList<>(NUMBERS);
    values.addAll(WIDE);
    values.add(REGISTERS - 1);
    values.add(FIELDS_OF_A_REGISTER - 1);
    int limit = field.equals("code2") ? 256 : FIELDS_OF_A_REGISTER;
    if (register || field.equals("code2")) {
      values.removeIf(value -> value < 0 || value >= limit);
    } else if (field.startsWith("off")) {
      values.replaceAll(value -> (int) value.shortValue());
      values.add((int) Short.MIN_VALUE);
    }
    return values.stream().distinct().toList();
  }

  /// Whether the row says that this value makes another instruction of it.
  private static boolean means(String notes, String field, int value) {
    String[] words = notes.replaceAll(",.*", "").split(" ", -1);
    return words[0].equals(field) && Arrays.asList(words).contains(Integer.toString(value));
  }

  private static byte[] changed(byte[] code, int at, String field, int value) {
    ByteBuffer bytes = ByteBuffer.wrap(code.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int slot = field.endsWith("2") ? at + 8 : at;
    int registers = bytes.get(slot + 1);
    switch (field.replace("2", "")) {
      case "dst" -> bytes.put(slot + 1, (byte) ((registers & 0xf0) | value));
      case "src" -> bytes.put(slot + 1, (byte) ((registers & 0x0f) | (value << 4)));
      case "off" -> bytes.putShort(slot + 2, (short) value);
      case "imm" -> bytes.putInt(slot + 4, value);
      default -> bytes.put(slot, (byte) value);
    }
    return bytes.array();
  }

  private void unknownOpcodes() {
    byte[] code = InsnEncoder.encode(Assembler.assemble(BEFORE + "r2 = 0\n" + AFTER));
    int at = 8 * Assembler.assemble(BEFORE).size();
    for (int opcode = 0; opcode < 256; opcode++) {
      if (!opcodes.contains(opcode)) {
        byte[] changed = changed(code, at, "code", opcode);
        samples.add(new Sample("opcode 0x%02x".formatted(opcode), changed, false, true));
      }
    }
  }
}
