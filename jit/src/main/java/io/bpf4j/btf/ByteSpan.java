package io.bpf4j.btf;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bpf4j.error.ElfFormatException;
import java.util.Arrays;

/// A stretch of an object's bytes, little-endian. Every access is tested against its bounds;
/// positions count from the start of the stretch, messages name the offset in the file.
public final class ByteSpan {
  private static final int LONGEST_MESSAGE = 400;

  private final String object;
  private final String what;
  private final byte[] file;
  private final int start;
  private final int length;

  private ByteSpan(String object, String what, byte[] file, int start, int length) {
    this.object = object;
    this.what = what;
    this.file = file;
    this.start = start;
    this.length = length;
  }

  /// A whole file; `object` is its name in messages.
  public static ByteSpan of(String object, byte[] file) {
    return new ByteSpan(object, "the file", file, 0, file.length);
  }

  /// A part of this stretch; `what` names it in messages.
  ///
  /// @throws ElfFormatException when it does not lie inside
  public ByteSpan slice(long at, long length, String what) {
    if (at < 0 || length < 0 || at > this.length || length > this.length - at) {
      throw error(
          Math.clamp(at, 0, this.length),
          "%s (0x%x bytes at 0x%x) ends outside %s of 0x%x bytes"
              .formatted(what, length, at, this.what, this.length));
    }
    return new ByteSpan(object, what, file, (int) (start + at), (int) length);
  }

  /// The name of the object.
  public String object() {
    return object;
  }

  /// Offset in the file.
  public int start() {
    return start;
  }

  /// Bytes in the stretch.
  public int length() {
    return length;
  }

  public int u8(long at) {
    return Byte.toUnsignedInt(file[place(at, 1)]);
  }

  public int u16(long at) {
    int place = place(at, 2);
    return Byte.toUnsignedInt(file[place]) | Byte.toUnsignedInt(file[place + 1]) << 8;
  }

  public int i32(long at) {
    place(at, 4);
    return u16(at) | u16(at + 2) << 16;
  }

  public long u32(long at) {
    return Integer.toUnsignedLong(i32(at));
  }

  public long i64(long at) {
    place(at, 8);
    return u32(at) | u32(at + 4) << 32;
  }

  /// A copy of the bytes.
  public byte[] bytes() {
    return Arrays.copyOfRange(file, start, start + length);
  }

  /// The position of the first zero byte at or behind `at`, or -1.
  int zeroFrom(int at) {
    for (int i = at; i < length; i++) {
      if (file[start + i] == 0) {
        return i;
      }
    }
    return -1;
  }

  /// The bytes as text (UTF-8). Control characters, which names never hold and which would break
  /// messages into lines, become U+FFFD; tabs stay.
  String text(int at, int bytes) {
    return clean(new String(file, start + at, bytes, UTF_8));
  }

  /// The text up to the first zero byte, or to the end.
  public String text() {
    int end = zeroFrom(0);
    return text(0, end < 0 ? length : end);
  }

  private static String clean(String text) {
    if (text.chars().noneMatch(ByteSpan::breaksLines)) {
      return text;
    }
    StringBuilder clean = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      if (breaksLines(text.charAt(i))) {
        clean.setCharAt(i, '\ufffd');
      }
    }
    return clean.toString();
  }

  private static boolean breaksLines(int c) {
    return (Character.isISOControl(c) && c != '\t') || c == 0x2028 || c == 0x2029;
  }

  private int place(long at, int bytes) {
    if (at < 0 || at > length - bytes) {
      throw error(
          Math.clamp(at, 0, length), what + " ends at 0x%x, inside a field".formatted(length));
    }
    return (int) (start + at);
  }

  /// What to throw when the bytes at `at` break a rule.
  public ElfFormatException error(long at, String rule) {
    String clipped =
        rule.length() <= LONGEST_MESSAGE ? rule : rule.substring(0, LONGEST_MESSAGE) + "...";
    return new ElfFormatException(object, start + at, clipped);
  }
}
