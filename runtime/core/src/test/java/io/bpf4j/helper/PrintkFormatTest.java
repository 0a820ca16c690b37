package io.bpf4j.helper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bpf4j.map.LiveBpf;
import io.bpf4j.map.MapTypes;
import io.bpf4j.map.Maps;
import io.bpf4j.map.OffHeap;
import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Memory;
import io.bpf4j.prog.MapSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PrintkFormatTest {
  private final FakeCpu cpu = new FakeCpu(0);

  private String print(String format, long... args) {
    PrintkFormat text = new PrintkFormat(cpu, zeroEnded(format), three(args));
    return text.format() ? text.text() : "EINVAL";
  }

  private static byte[] zeroEnded(String format) {
    return (format + "\0").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static long[] three(long... args) {
    return java.util.Arrays.copyOf(args, 3);
  }

  @ParameterizedTest
  @CsvSource({
    "%d, -1, -1",
    "%i, 4294967295, -1",
    "%u, -1, 4294967295",
    "%x, -1, ffffffff",
    "%X, 255, FF",
    "%ld, -1, -1",
    "%lu, -1, 18446744073709551615",
    "%lx, -1, ffffffffffffffff",
    "%lld, -1, -1",
    "%llu, 5, 5",
    "%llx, 4294967296, 100000000",
    "%5d|, 42, '   42|'",
    "%-5d|, 42, '42   |'",
    "%05d|, -42, '-0042|'",
    "%+d, 42, +42",
    "%c, 65, A",
    "%p, 4096, 0000000000001000",
    "100%%, 0, 100%"
  })
  void conversionsPrintAsInC(String format, long arg, String expected) {
    assertThat(print(format, arg)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%",
        "%z",
        "%lc",
        "%hd",
        "%f",
        "%o",
        "%d%d%d%d",
        "%pX",
        "%pI5",
        "%sx",
        "\u0001",
        "\u00e9"
      })
  void formatsTheKernelRefusesAreEinval(String format) {
    assertThat(print(format)).isEqualTo("EINVAL");
  }

  @Test
  void aFormatWithoutItsZeroIsEinval() {
    PrintkFormat text =
        new PrintkFormat(cpu, "abc".getBytes(StandardCharsets.US_ASCII), new long[3]);
    assertThat(text.format()).isFalse();
  }

  @Test
  void stringsAreReadFromTheStackAndFromMapValuesOnly() {
    long onStack = cpu.stackTop() - 16;
    Memory.putBytes(onStack, zeroEnded("stack"));
    assertThat(print("<%s>", onStack)).isEqualTo("<stack>");
    byte[] contents = zeroEnded("rodata");
    RuntimeMap map =
        Maps.create(
            new MapSpec(
                ".rodata",
                MapTypes.ARRAY,
                4,
                contents.length,
                1,
                0,
                0,
                contents,
                true,
                null,
                Map.of()),
            1);
    assertThat(print("<%s>", map.directValueAddress())).isEqualTo("<rodata>");
    assertThat(print("<%s>", OffHeap.of(contents))).isEqualTo("<>");
    assertThat(print("<%s>", 8)).isEqualTo("<>");
  }

  @Test
  void addressesPrintInBothForms() {
    long at = cpu.stackTop() - 16;
    Memory.putBytes(at, new byte[] {127, 0, 0, 1});
    assertThat(print("%pI4 %pi4", at, at)).isEqualTo("127.0.0.1 127.000.000.001");
    Memory.putBytes(at, new byte[16]);
    Memory.putByte(at + 15, (byte) 1);
    assertThat(print("%pI6", at)).isEqualTo("0000:0000:0000:0000:0000:0000:0000:0001");
    assertThat(print("%pi6", at)).isEqualTo("00000000000000000000000000000001");
  }

  /// Random formats, on ours and on the live kernel: the same length or the same refusal.
  @Test
  void lengthsAndRefusalsAreTheKernels() {
    String why = LiveBpf.unavailable();
    assumeTrue(why == null, why);
    List<String> pieces =
        List.of(
            "%d",
            "%i", "%u", "%x", "%X", "%ld", "%lu", "%lx", "%lld", "%llu", "%llx", "%lX", "%5d",
            "%-7x", "%07lld", "%+d", "% d", "%c", "%p", "%px", "%%", "%l", "%lll", "%hd", "%s",
            "%pI4 ", "a", "b ", "\t", "\n", "%", "%z", "\u0001", "%pK", "%3c", "%20p", "%-20px|",
            "%pi6", "%+u", "%+x", "%5%", "%0", "%012", "%pks ", "%pus", "%ps", "%sx", "%cx", "%px1",
            "%pa", "%.3d");
    Random random = new Random(3);
    List<String> differences = new ArrayList<>();
    for (int round = 0; round < 1500; round++) {
      StringBuilder format = new StringBuilder();
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        format.append(pieces.get(random.nextInt(pieces.size())));
      }
      long[] args = new long[3];
      for (int i = 0; i < 3; i++) {
        args[i] = random.nextLong() >> random.nextInt(64);
      }
      // A wild pointer must not be read; the kernel cannot either.
      if (format.indexOf("s") >= 0 || format.indexOf("pI") >= 0 || format.indexOf("pi") >= 0) {
        args = new long[3];
      }
      byte[] bytes = zeroEnded(format.toString());
      int kernel = LiveBpf.run(program(bytes, args));
      PrintkFormat text = new PrintkFormat(cpu, bytes, args);
      int ours = text.format() ? text.text().length() : -22;
      if (ours != kernel) {
        differences.add(
            "'%s' %x %x %x: ours %d '%s', kernel %d"
                .formatted(format, args[0], args[1], args[2], ours, text.text(), kernel));
      }
    }
    assertThat(differences).isEmpty();
  }

  /// Builds the format on the stack, calls bpf_trace_printk with it and exits with its result.
  private static byte[] program(byte[] format, long[] args) {
    int room = format.length + 7 & ~7;
    byte[] padded = java.util.Arrays.copyOf(format, room);
    ByteBuffer code = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < room; i += 8) {
      wide(code, 1, ByteBuffer.wrap(padded, i, 8).order(ByteOrder.LITTLE_ENDIAN).getLong());
      insn(code, 0x7b, 10, 1, i - room, 0);
    }
    insn(code, 0xbf, 1, 10, 0, 0);
    insn(code, 0x07, 1, 0, 0, -room);
    insn(code, 0xb7, 2, 0, 0, format.length);
    for (int i = 0; i < 3; i++) {
      wide(code, 3 + i, args[i]);
    }
    insn(code, 0x85, 0, 0, 0, 6);
    insn(code, 0x95, 0, 0, 0, 0);
    return java.util.Arrays.copyOf(code.array(), code.position());
  }

  private static void wide(ByteBuffer code, int dst, long value) {
    insn(code, 0x18, dst, 0, 0, (int) value);
    insn(code, 0, 0, 0, 0, (int) (value >>> 32));
  }

  private static void insn(ByteBuffer code, int opcode, int dst, int src, int offset, int imm) {
    code.put((byte) opcode).put((byte) (dst | src << 4)).putShort((short) offset).putInt(imm);
  }
}
