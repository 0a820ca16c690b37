package io.bpf4j.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The encodings of RFC 9669 and what Linux adds: which opcodes a form has, what each field may
/// hold (destination, source, offset, immediate), its conformance group, and the version of the
/// instruction set that brought it (clang's `-mcpu`).
///
/// ```
/// byte 0    byte 1      bytes 2-3   bytes 4-7
/// opcode  | src | dst |  offset   |   imm
/// opcode = operation or mode and size (5 bits) | class (3 bits)
/// ```
public enum InsnForm {
  ALU32_IMM(basic(0x04), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE32, 1),
  ALU32_REG(basic(0x0c), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.BASE32, 1),
  ALU64_IMM(basic(0x07), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE64, 1),
  ALU64_REG(basic(0x0f), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.BASE64, 1),
  DIVMUL32_IMM(divmul(0x04), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.DIVMUL32, 1),
  DIVMUL32_REG(divmul(0x0c), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.DIVMUL32, 1),
  DIVMUL64_IMM(divmul(0x07), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.DIVMUL64, 1),
  DIVMUL64_REG(divmul(0x0f), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.DIVMUL64, 1),
  SDIVMOD32_IMM(
      List.of(0x34, 0x94), Legal.REG, Legal.ZERO, Legal.ONE, Legal.ANY, Group.DIVMUL32, 4),
  SDIVMOD32_REG(
      List.of(0x3c, 0x9c), Legal.REG, Legal.REG, Legal.ONE, Legal.ZERO, Group.DIVMUL32, 4),
  SDIVMOD64_IMM(
      List.of(0x37, 0x97), Legal.REG, Legal.ZERO, Legal.ONE, Legal.ANY, Group.DIVMUL64, 4),
  SDIVMOD64_REG(
      List.of(0x3f, 0x9f), Legal.REG, Legal.REG, Legal.ONE, Legal.ZERO, Group.DIVMUL64, 4),
  NEG32(List.of(0x84), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ZERO, Group.BASE32, 1),
  NEG64(List.of(0x87), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ZERO, Group.BASE64, 1),
  MOV32_IMM(List.of(0xb4), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE32, 1),
  MOV32_REG(List.of(0xbc), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.BASE32, 1),
  MOV64_IMM(List.of(0xb7), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE64, 1),
  MOV64_REG(List.of(0xbf), Legal.REG, Legal.REG, Legal.ZERO, Legal.ZERO, Group.BASE64, 1),
  MOVSX32(List.of(0xbc), Legal.REG, Legal.REG, Legal.BITS_8_16, Legal.ZERO, Group.BASE32, 4),
  MOVSX64(List.of(0xbf), Legal.REG, Legal.REG, Legal.BITS_8_16_32, Legal.ZERO, Group.BASE64, 4),
  ADDR_SPACE_CAST(List.of(0xbf), Legal.REG, Legal.REG, Legal.ONE, Legal.ANY, Group.LINUX, 4),
  TO_ORDER(
      List.of(0xd4, 0xdc), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.BITS_16_32, Group.BASE32, 1),
  TO_ORDER64(
      List.of(0xd4, 0xdc), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.BITS_64, Group.BASE64, 1),
  BSWAP(List.of(0xd7), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.BITS_16_32_64, Group.BASE64, 4),
  JUMP64_IMM(equalOrMore(0x05), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE64, 1),
  JUMP64_REG(equalOrMore(0x0d), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE64, 1),
  JUMP64_LESS_IMM(less(0x05), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE64, 2),
  JUMP64_LESS_REG(less(0x0d), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE64, 2),
  JUMP32_IMM(equalOrMore(0x06), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE32, 3),
  JUMP32_REG(equalOrMore(0x0e), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE32, 3),
  JUMP32_LESS_IMM(less(0x06), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE32, 3),
  JUMP32_LESS_REG(less(0x0e), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE32, 3),
  GOTO(List.of(0x05), Legal.ZERO, Legal.ZERO, Legal.ANY, Legal.ZERO, Group.BASE32, 1),
  GOTOL(List.of(0x06), Legal.ZERO, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE32, 4),
  MAY_GOTO(List.of(0xe5), Legal.ZERO, Legal.ZERO, Legal.ANY, Legal.ZERO, Group.LINUX, 4),
  CALL_HELPER(List.of(0x85), Legal.ZERO, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.BASE32, 1),
  CALL_LOCAL(List.of(0x85), Legal.ZERO, Legal.ONE, Legal.ZERO, Legal.ANY, Group.BASE32, 3),
  CALL_KFUNC(List.of(0x85), Legal.ZERO, Legal.TWO, Legal.ANY, Legal.ANY, Group.BASE32, 3),
  CALLX(List.of(0x8d), Legal.REG, Legal.ZERO, Legal.ZERO, Legal.ZERO, Group.CALLX, 1),
  EXIT(List.of(0x95), Legal.ZERO, Legal.ZERO, Legal.ZERO, Legal.ZERO, Group.BASE32, 1),
  LOAD_IMM64(List.of(0x18), Legal.REG, Legal.PSEUDO, Legal.ZERO, Legal.ANY, Group.BASE64, 1),
  LOAD32(List.of(0x61, 0x69, 0x71), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE32, 1),
  LOAD64(List.of(0x79), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE64, 1),
  LOAD_SX(List.of(0x81, 0x89, 0x91), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE64, 4),
  STORE32_IMM(
      List.of(0x62, 0x6a, 0x72), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE32, 1),
  STORE64_IMM(List.of(0x7a), Legal.REG, Legal.ZERO, Legal.ANY, Legal.ANY, Group.BASE64, 1),
  STORE32_REG(
      List.of(0x63, 0x6b, 0x73), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE32, 1),
  STORE64_REG(List.of(0x7b), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.BASE64, 1),
  ATOMIC_ADD32(List.of(0xc3), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.ATOMIC32, 1),
  ATOMIC_ADD64(List.of(0xdb), Legal.REG, Legal.REG, Legal.ANY, Legal.ZERO, Group.ATOMIC64, 1),
  ATOMIC32(List.of(0xc3), Legal.REG, Legal.REG, Legal.ANY, Legal.ATOMIC, Group.ATOMIC32, 3),
  ATOMIC64(List.of(0xdb), Legal.REG, Legal.REG, Legal.ANY, Legal.ATOMIC, Group.ATOMIC64, 3),
  ACQUIRE_RELEASE(
      List.of(0xc3, 0xcb, 0xd3, 0xdb),
      Legal.REG,
      Legal.REG,
      Legal.ANY,
      Legal.ACQUIRE_RELEASE,
      Group.LINUX,
      4),
  PACKET_ABS(
      List.of(0x20, 0x28, 0x30), Legal.ZERO, Legal.ZERO, Legal.ZERO, Legal.ANY, Group.PACKET, 1),
  PACKET_IND(
      List.of(0x40, 0x48, 0x50), Legal.ZERO, Legal.REG, Legal.ZERO, Legal.ANY, Group.PACKET, 1);

  /// The conformance groups of RFC 9669 section 2.4, and what only Linux has.
  public enum Group {
    BASE32,
    BASE64,
    DIVMUL32,
    DIVMUL64,
    ATOMIC32,
    ATOMIC64,
    PACKET,
    CALLX,
    LINUX;

    /// The name as the RFC writes it: `base32`.
    public String spelling() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What a field may hold.
  public enum Legal {
    ZERO("0", v -> v == 0),
    ONE("1", v -> v == 1),
    TWO("2", v -> v == 2),
    ANY("anything", _ -> true),
    REG("a register, 0 to 10", v -> v >= 0 && v <= 10),
    PSEUDO("0 to 6", v -> v >= 0 && v <= 6),
    BITS_16_32("16 or 32", v -> v == 16 || v == 32),
    BITS_64("64", v -> v == 64),
    BITS_8_16("8 or 16", v -> v == 8 || v == 16),
    BITS_8_16_32("8, 16 or 32", v -> v == 8 || v == 16 || v == 32),
    BITS_16_32_64("16, 32 or 64", v -> v == 16 || v == 32 || v == 64),
    ATOMIC("an atomic operation other than plain add", Legal::atomic),
    ACQUIRE_RELEASE("0x100 (load_acquire) or 0x110 (store_release)", v -> v == 0x100 || v == 0x110);

    private final String words;
    private final IntPredicate test;

    Legal(String words, IntPredicate test) {
      this.words = words;
      this.test = test;
    }

    /// The rule in words, after "must be".
    public String words() {
      return words;
    }

    public boolean test(int value) {
      return test.test(value);
    }

    private static boolean atomic(int imm) {
      return switch (imm & ~AtomicOp.FETCH) {
        case 0x00 -> imm == AtomicOp.FETCH;
        case 0x40, 0x50, 0xa0 -> true;
        case 0xe0, 0xf0 -> (imm & AtomicOp.FETCH) != 0;
        default -> false;
      };
    }
  }

  private static final List<List<InsnForm>> BY_OPCODE = byOpcode();

  private final List<Integer> opcodes;
  private final Legal dst;
  private final Legal src;
  private final Legal offset;
  private final Legal imm;
  private final Group group;
  private final int cpu;

  InsnForm(
      List<Integer> opcodes, Legal dst, Legal src, Legal offset, Legal imm, Group group, int cpu) {
    this.opcodes = opcodes;
    this.dst = dst;
    this.src = src;
    this.offset = offset;
    this.imm = imm;
    this.group = group;
    this.cpu = cpu;
  }

  /// The opcodes of this form.
  public List<Integer> opcodes() {
    return opcodes;
  }

  public Legal dst() {
    return dst;
  }

  public Legal src() {
    return src;
  }

  public Legal offset() {
    return offset;
  }

  public Legal imm() {
    return imm;
  }

  public Group group() {
    return group;
  }

  /// The version of the instruction set that brought it, 1 to 4.
  public int cpu() {
    return cpu;
  }

  /// The forms that share an opcode; empty for an opcode that means nothing. At most one of them
  /// admits a given instruction.
  public static List<InsnForm> ofOpcode(int opcode) {
    return BY_OPCODE.get(opcode);
  }

  /// Which field breaks this form's rules and how, or null when none does.
  public @Nullable String violation(int dst, int src, int offset, int imm) {
    if (!this.dst.test(dst)) {
      return "destination register " + dst + " must be " + this.dst.words();
    }
    if (!this.src.test(src)) {
      return "source register " + src + " must be " + this.src.words();
    }
    if (!this.offset.test(offset)) {
      return "offset " + offset + " must be " + this.offset.words();
    }
    return this.imm.test(imm) ? null : "immediate " + imm + " must be " + this.imm.words();
  }

  private static List<Integer> basic(int classAndSource) {
    return with(classAndSource, 0x00, 0x10, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xc0);
  }

  private static List<Integer> divmul(int classAndSource) {
    return with(classAndSource, 0x20, 0x30, 0x90);
  }

  private static List<Integer> equalOrMore(int classAndSource) {
    return with(classAndSource, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70);
  }

  private static List<Integer> less(int classAndSource) {
    return with(classAndSource, 0xa0, 0xb0, 0xc0, 0xd0);
  }

  private static List<Integer> with(int classAndSource, int... operations) {
    return IntStream.of(operations).mapToObj(code -> code | classAndSource).toList();
  }

  private static List<List<InsnForm>> byOpcode() {
    List<List<InsnForm>> table = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      int opcode = i;
      table.add(Arrays.stream(values()).filter(f -> f.opcodes.contains(opcode)).toList());
    }
    return table;
  }
}
