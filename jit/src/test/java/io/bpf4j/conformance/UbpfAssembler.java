package io.bpf4j.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Assembles the dialect of uBPF, in which the vectors of bpf_conformance are written, to bytes. It
/// is deliberately independent of our own instruction model and encoder: vectors that went through
/// those could not show a mistake in them.
///
/// ```
/// ldxh %r0, [%r1+2]     lock fetch add [%r10-8], %r1     jeq32 %r1, 0x10, +2
/// call local f          call 5                           movsx832 %r0, %r1
/// ```
public final class UbpfAssembler {
  private static final List<String> SIZES = List.of("w", "h", "b", "dw");
  private static final Map<String, Integer> ALU =
      Map.ofEntries(
          Map.entry("add", 0x00),
          Map.entry("sub", 0x10),
          Map.entry("mul", 0x20),
          Map.entry("div", 0x30),
          Map.entry("sdiv", 0x30),
          Map.entry("or", 0x40),
          Map.entry("and", 0x50),
          Map.entry("lsh", 0x60),
          Map.entry("rsh", 0x70),
          Map.entry("mod", 0x90),
          Map.entry("smod", 0x90),
          Map.entry("xor", 0xa0),
          Map.entry("mov", 0xb0),
          Map.entry("arsh", 0xc0));
  private static final Map<String, Integer> JUMPS =
      Map.ofEntries(
          Map.entry("jeq", 0x10),
          Map.entry("jgt", 0x20),
          Map.entry("jge", 0x30),
          Map.entry("jset", 0x40),
          Map.entry("jne", 0x50),
          Map.entry("jsgt", 0x60),
          Map.entry("jsge", 0x70),
          Map.entry("jlt", 0xa0),
          Map.entry("jle", 0xb0),
          Map.entry("jslt", 0xc0),
          Map.entry("jsle", 0xd0));
  private static final Map<String, Integer> ATOMICS =
      Map.of("add", 0x00, "or", 0x40, "and", 0x50, "xor", 0xa0, "xchg", 0xe1, "cmpxchg", 0xf1);

  private final Map<String, Integer> labels = new HashMap<>();
  private final ByteBuffer out;

  private UbpfAssembler(int slots) {
    out = ByteBuffer.allocate(slots * 8).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// The bytes of a program.
  ///
  /// @throws IllegalArgumentException naming the line that cannot be read
  public static byte[] assemble(List<String> lines) {
    List<List<String>> insns = new ArrayList<>();
    Map<String, Integer> labels = new HashMap<>();
    int slot = 0;
    for (String line : lines) {
      String text = line.strip();
      if (text.endsWith(":")) {
        labels.put(text.substring(0, text.length() - 1), slot);
      } else if (!text.isEmpty()) {
        List<String> words = List.of(text.split("[\\s,]+"));
        if (words.getFirst().equals("exit")) {
          labels.putIfAbsent("exit", slot);
        }
        insns.add(words);
        slot += words.getFirst().equals("lddw") ? 2 : 1;
      }
    }
    UbpfAssembler assembler = new UbpfAssembler(slot);
    assembler.labels.putAll(labels);
    for (List<String> words : insns) {
      try {
        assembler.insn(words);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(String.join(" ", words), e);
      }
    }
    return assembler.out.array();
  }

  private void insn(List<String> words) {
    String name = words.getFirst();
    String base = name.endsWith("32") ? name.substring(0, name.length() - 2) : name;
    boolean narrow = !base.equals(name);
    if (ALU.containsKey(base)) {
      int offset = base.equals("sdiv") || base.equals("smod") ? 1 : 0;
      operation(value(ALU, base) | (narrow ? 0x04 : 0x07), words, offset);
    } else if (JUMPS.containsKey(base)) {
      operation(value(JUMPS, base) | (narrow ? 0x06 : 0x05), words, target(words.get(3)));
    } else if (base.equals("neg")) {
      slot(narrow ? 0x84 : 0x87, register(words.get(1)), 0, 0, 0);
    } else if (name.matches("movsx(8|16|32)(32|64)")) {
      boolean to32 = name.endsWith("32");
      int from = Integer.parseInt(name.substring(5, name.length() - 2));
      slot(to32 ? 0xbc : 0xbf, register(words.get(1)), register(words.get(2)), from, 0);
    } else if (name.matches("(le|be|swap|bswap)(16|32|64)")) {
      int opcode = name.startsWith("le") ? 0xd4 : name.startsWith("be") ? 0xdc : 0xd7;
      int bits = Integer.parseInt(name.replaceAll("\\D", ""));
      slot(opcode, register(words.get(1)), 0, 0, bits);
    } else if (name.equals("lddw")) {
      long value = number(words.get(2));
      slot(0x18, register(words.get(1)), 0, 0, (int) value);
      slot(0, 0, 0, 0, (int) (value >>> 32));
    } else if (name.matches("(ldxs?|stx?)(b|h|w|dw)")) {
      access(name, words);
    } else {
      flow(words);
    }
  }

  private void operation(int opcode, List<String> words, int offset) {
    int dst = register(words.get(1));
    String src = words.get(2);
    if (src.startsWith("%")) {
      slot(opcode | 0x08, dst, register(src), offset, 0);
    } else {
      slot(opcode, dst, 0, offset, (int) number(src));
    }
  }

  private void access(String name, List<String> words) {
    boolean load = name.startsWith("ld");
    String kind = name.replaceAll("(b|h|w|dw)$", "");
    int size = SIZES.indexOf(name.substring(kind.length())) << 3;
    Place place = place(words.get(load ? 2 : 1));
    String other = words.get(load ? 1 : 2);
    switch (kind) {
      case "ldx" -> slot(0x61 | size, register(other), place.base, place.offset, 0);
      case "ldxs" -> slot(0x81 | size, register(other), place.base, place.offset, 0);
      case "st" -> slot(0x62 | size, place.base, 0, place.offset, (int) number(other));
      default -> slot(0x63 | size, place.base, register(other), place.offset, 0);
    }
  }

  private void flow(List<String> words) {
    switch (words.getFirst()) {
      case "exit" -> slot(0x95, 0, 0, 0, 0);
      case "ja" -> slot(0x05, 0, 0, target(words.get(1)), 0);
      case "ja32" -> slot(0x06, 0, 0, 0, target(words.get(1)));
      case "lock" -> atomic(words);
      case "call" -> {
        String what = words.get(1);
        switch (what) {
          case "local" -> slot(0x85, 0, 1, 0, target(words.get(2)));
          case "runtime" -> slot(0x85, 0, 2, 0, (int) number(words.get(2)));
          default -> {
            boolean register = what.startsWith("%");
            slot(
                register ? 0x8d : 0x85,
                register ? register(what) : 0,
                0,
                0,
                register ? 0 : (int) number(what));
          }
        }
      }
      default -> throw new IllegalArgumentException("unknown instruction");
    }
  }

  private void atomic(List<String> words) {
    int next = 1;
    int fetch = 0;
    if (words.get(next).equals("fetch")) {
      fetch = 1;
      next++;
    }
    String name = words.get(next);
    boolean narrow = name.endsWith("32");
    int op = value(ATOMICS, narrow ? name.substring(0, name.length() - 2) : name) | fetch;
    Place place = place(words.get(next + 1));
    slot(narrow ? 0xc3 : 0xdb, place.base, register(words.get(next + 2)), place.offset, op);
  }

  private record Place(int base, int offset) {}

  private static Place place(String word) {
    if (!word.matches("\\[%r\\d+([+-]\\w+)?]")) {
      throw new IllegalArgumentException("no place: " + word);
    }
    String inner = word.substring(1, word.length() - 1);
    String register = inner.replaceAll("[+-].*", "");
    String offset = inner.substring(register.length());
    return new Place(register(register), offset.isEmpty() ? 0 : (int) number(offset));
  }

  private int target(String word) {
    if (word.startsWith("+") || word.startsWith("-")) {
      return (int) number(word);
    }
    return value(labels, word) - out.position() / 8 - 1;
  }

  private static int register(String word) {
    if (!word.startsWith("%r")) {
      throw new IllegalArgumentException("no register: " + word);
    }
    return Integer.parseInt(word.substring(2));
  }

  /// Decimal or hexadecimal up to 64 bits, with a sign.
  static long number(String word) {
    boolean negative = word.startsWith("-");
    String digits = negative || word.startsWith("+") ? word.substring(1) : word;
    boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
    long value =
        hex ? Long.parseUnsignedLong(digits.substring(2), 16) : Long.parseUnsignedLong(digits);
    return negative ? -value : value;
  }

  private static int value(Map<String, Integer> table, String key) {
    @Nullable Integer value = table.get(key);
    if (value == null) {
      throw new IllegalArgumentException("unknown word " + key);
    }
    return value;
  }

  private void slot(int opcode, int dst, int src, int offset, int imm) {
    out.put((byte) opcode).put((byte) (src << 4 | dst)).putShort((short) offset).putInt(imm);
  }
}
