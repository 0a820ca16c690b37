package io.bpf4j.btf;

import io.bpf4j.error.ElfFormatException;
import java.util.HashMap;
import java.util.Map;

/// The strings of an ELF string table or of BTF, by offset.
///
/// Compilers let a string be the tail of another, so offsets may point anywhere. What is decoded in
/// all is limited, lest a small table of hostile offsets fill the heap.
public final class StringTable {
  private static final long TIMES = 16;
  private static final long AT_LEAST = 1 << 16;

  private final ByteSpan bytes;
  private final Map<Integer, String> decoded = new HashMap<>();
  private long budget;

  public StringTable(ByteSpan bytes) {
    this.bytes = bytes;
    this.budget = TIMES * bytes.length() + AT_LEAST;
  }

  /// The string at an offset.
  ///
  /// @throws ElfFormatException when the offset is outside or the string has no end
  public String at(long offset) {
    if (offset < 0 || offset >= bytes.length()) {
      if (offset == 0) {
        return "";
      }
      throw bytes.error(
          0, "string offset 0x%x is outside the 0x%x bytes".formatted(offset, bytes.length()));
    }
    String known = decoded.get((int) offset);
    if (known != null) {
      return known;
    }
    int end = bytes.zeroFrom((int) offset);
    if (end < 0) {
      throw bytes.error(offset, "the string does not end");
    }
    budget -= end - offset;
    if (budget < 0) {
      throw bytes.error(offset, "strings overlap more than a compiler makes them");
    }
    String text = bytes.text((int) offset, (int) (end - offset));
    decoded.put((int) offset, text);
    return text;
  }
}
