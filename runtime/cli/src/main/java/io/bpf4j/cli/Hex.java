package io.bpf4j.cli;

import java.io.ByteArrayOutputStream;

/// Bytes as people and harnesses write them: pairs of hexadecimal digits, blanks anywhere between
/// them, `0x` in front or not.
final class Hex {
  private Hex() {}

  /// Reads bytes; `what` names the text in the message.
  ///
  /// @throws UsageException when it is no such text
  static byte[] parse(String what, String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() / 2);
    int high = -1;
    int start = text.startsWith("0x") || text.startsWith("0X") ? 2 : 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0 && (high >= 0 || !Character.isWhitespace(c))) {
        throw new UsageException("%s: '%s' at %d is no hexadecimal digit".formatted(what, c, i));
      }
      if (digit >= 0 && high < 0) {
        high = digit;
      } else if (digit >= 0) {
        bytes.write(high << 4 | digit);
        high = -1;
      }
    }
    if (high >= 0) {
      throw new UsageException(what + ": the last byte has one hexadecimal digit");
    }
    return bytes.toByteArray();
  }
}
