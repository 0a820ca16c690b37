package io.bpf4j.helper;

import io.bpf4j.map.RuntimeMap;
import io.bpf4j.mem.Cpu;
import io.bpf4j.mem.Memory;
import io.bpf4j.mem.Region;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// One `bpf_trace_printk` text in the making: the kernel's subset of printf (kernel/bpf/helpers.c
/// bpf_bprintf_prepare).
///
/// ```
/// %[0 +-][width](d|i|u|x|X|ld|lu|lx|lld|llu|llx|c|s|p|px|pI4|pi4|pI6|pi6|%)
/// ```
///
/// A format needs a terminating zero, printable ASCII or white space only, and at most as many
/// conversions as there are arguments. Pointers print as 16 hex digits (the kernel hides them
/// behind a hash of its own). A string or address is read only where the program could read it too;
/// elsewhere the string is empty and the address zero, as after a fault in the kernel.
final class PrintkFormat {
  /// What strings may take (MAX_BPRINTF_BIN_ARGS), with the zero.
  private static final int MAX_STRING = 511;

  /// What a text may take (BPF_TRACE_PRINTK_SIZE).
  private static final int MAX_TEXT = 1023;

  private static final int MAX_WIDTH = 1024;

  private final HostCpu cpu;
  private final byte[] format;
  private final long[] args;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int used;

  private boolean left;
  private boolean zero;
  private boolean plus;
  private boolean space;
  private int width;

  PrintkFormat(HostCpu cpu, byte[] format, long[] args) {
    this.cpu = cpu;
    this.format = format;
    this.args = args;
  }

  /// The text, cut to what the trace buffer takes.
  String text() {
    return out.length() > MAX_TEXT ? out.substring(0, MAX_TEXT) : out.toString();
  }

  /// Formats; false when the kernel answers EINVAL.
  boolean format() {
    int end = 0;
    while (end < format.length && format[end] != 0) {
      end++;
    }
    if (end == format.length) {
      return false;
    }
    for (at = 0; at < end; at++) {
      int c = format[at];
      if (!printable(c) && !white(c)) {
        return false;
      }
      if (c != '%') {
        out.append((char) c);
      } else if (format[at + 1] == '%') {
        out.append('%');
        at++;
      } else if (used == args.length || !conversion()) {
        return false;
      }
    }
    return true;
  }

  /// One conversion, from its percent sign to its last character; the format's zero ends it at the
  /// latest.
  private boolean conversion() {
    at++;
    flags();
    return switch (format[at]) {
      case 'p' -> {
        boolean known = pointer();
        // lib/vsprintf.c passes over letters and digits that stand behind a pointer's.
        while (alphanumeric(format[at + 1])) {
          at++;
        }
        yield known;
      }
      case 's' -> {
        pad(string(args[used++]), false);
        yield endsWord();
      }
      case 'c' -> {
        pad(String.valueOf((char) (args[used++] & 0xff)), false);
        yield true;
      }
      default -> number();
    };
  }

  private void flags() {
    left = false;
    zero = false;
    plus = false;
    space = false;
    width = 0;
    for (; ; at++) {
      switch (format[at]) {
        case '0' -> zero = true;
        case '+' -> plus = true;
        case '-' -> left = true;
        case ' ' -> space = true;
        default -> {
          while (format[at] >= '0' && format[at] <= '9') {
            width = Math.min(MAX_WIDTH, width * 10 + format[at++] - '0');
          }
          return;
        }
      }
    }
  }

  private boolean number() {
    boolean wide = false;
    for (int i = 0; i < 2 && format[at] == 'l'; i++) {
      wide = true;
      at++;
    }
    long value = args[used++];
    String digits =
        switch (format[at]) {
          case 'd', 'i' -> Long.toString(wide ? value : (int) value);
          case 'u' -> Long.toUnsignedString(wide ? value : Integer.toUnsignedLong((int) value));
          case 'x' -> Long.toHexString(wide ? value : Integer.toUnsignedLong((int) value));
          case 'X' ->
              Long.toHexString(wide ? value : Integer.toUnsignedLong((int) value))
                  .toUpperCase(java.util.Locale.ROOT);
          default -> "";
        };
    if (digits.isEmpty()) {
      return false;
    }
    boolean signed = format[at] == 'd' || format[at] == 'i';
    if (signed && !digits.startsWith("-")) {
      digits = plus ? "+" + digits : space ? " " + digits : digits;
    }
    pad(digits, true);
    return true;
  }

  private boolean pointer() {
    int next = format[at + 1];
    if (next == 0 || white(next) || punctuation(next)) {
      hex16();
      return true;
    }
    return switch (next) {
      case 'K', 'x' -> {
        at++;
        hex16();
        yield true;
      }
      case 's', 'S', 'B' -> {
        // A symbol's name; there are none here, and the kernel prints unknown ones like this.
        at++;
        pad("0x" + Long.toHexString(args[used++]), false);
        yield true;
      }
      case 'i', 'I' -> address(next == 'I');
      case 'k', 'u' -> {
        if (format[at + 2] != 's') {
          yield false;
        }
        at += 2;
        pad(string(args[used++]), false);
        yield endsWord();
      }
      default -> false;
    };
  }

  private boolean address(boolean separated) {
    int version = format[at + 2];
    if (version != '4' && version != '6') {
      return false;
    }
    at += 2;
    int size = version == '4' ? 4 : 16;
    byte @Nullable [] address = read(args[used++], size);
    out.append(ip(address == null ? new byte[size] : address, separated));
    return true;
  }

  private void hex16() {
    pad("%016x".formatted(args[used++]), false);
  }

  private static String ip(byte[] address, boolean separated) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < address.length; i++) {
      int octet = Byte.toUnsignedInt(address[i]);
      if (address.length == 4) {
        text.append(i == 0 ? "" : ".").append((separated ? "%d" : "%03d").formatted(octet));
      } else {
        text.append(separated && i > 0 && i % 2 == 0 ? ":" : "").append("%02x".formatted(octet));
      }
    }
    return text.toString();
  }

  private boolean endsWord() {
    int next = format[at + 1];
    return next == 0 || white(next) || punctuation(next);
  }

  private void pad(String text, boolean numeric) {
    int missing = width - text.length();
    if (missing <= 0) {
      out.append(text);
    } else if (left) {
      out.append(text).append(" ".repeat(missing));
    } else if (zero && numeric) {
      int sign = text.startsWith("-") || text.startsWith("+") || text.startsWith(" ") ? 1 : 0;
      out.append(text, 0, sign).append("0".repeat(missing)).append(text, sign, text.length());
    } else {
      out.append(" ".repeat(missing)).append(text);
    }
  }

  private String string(long address) {
    byte[] bytes = read(address, 0);
    if (bytes == null) {
      return "";
    }
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
  }

  /// Reads memory the program could read: exactly `size` bytes, or for 0 as many as there are up to
  /// the longest string; null when there are none.
  private byte @Nullable [] read(long address, int size) {
    RuntimeMap map = RuntimeMap.ofValueAddress(cpu.index(), address);
    try {
      long there = readable(map, address);
      if (there < Math.max(size, 1)) {
        return null;
      }
      return Memory.bytes(address, size > 0 ? size : (int) Math.min(there, MAX_STRING));
    } finally {
      Reference.reachabilityFence(map);
    }
  }

  private long readable(@Nullable RuntimeMap map, long address) {
    long stack = cpu.stackTop() - (long) Cpu.FRAME_BYTES * Cpu.MAX_FRAMES;
    if (address >= stack && address < cpu.stackTop()) {
      return cpu.stackTop() - address;
    }
    Region memory = cpu.memRegion();
    if (memory != null && memory.contains(address)) {
      return memory.base() + memory.length() - address;
    }
    if (map != null) {
      for (Region region : map.valueRegions(cpu.index())) {
        if (region.holds(address, 1)) {
          return region.cellSize() - ((address - region.base()) & (region.stride() - 1));
        }
      }
    }
    return 0;
  }

  private static boolean printable(int c) {
    return c >= ' ' && c < 0x7f;
  }

  private static boolean white(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean punctuation(int c) {
    return c > ' ' && c < 0x7f && !alphanumeric(c);
  }

  private static boolean alphanumeric(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
