package io.bpf4j.btf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Writes section `.BTF` word by word. Types get their ids from 1 on in the order of their making.
final class BtfBuilder {
  static final int FLAG = 1 << 31;
  private static final int HEADER = 24;

  private final ByteArrayOutputStream types = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private int count;

  BtfBuilder() {
    strings.write(0);
  }

  /// The offset of a new string.
  int string(String text) {
    int offset = strings.size();
    strings.writeBytes(text.getBytes(UTF_8));
    strings.write(0);
    return offset;
  }

  private void word(int word) {
    types.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(word).array());
  }

  /// A type of any kind; returns its id.
  int type(String name, int kind, int vlen, int sizeOrType, int... more) {
    word(name.isEmpty() ? 0 : string(name));
    word(kind << 24 | vlen);
    word(sizeOrType);
    for (int extra : more) {
      word(extra);
    }
    return ++count;
  }

  int integer(String name, int size) {
    return type(name, 1, 0, size, 1 << 24 | size * 8);
  }

  int pointer(int to) {
    return type("", 2, 0, to);
  }

  int array(int element, int length) {
    return type("", 3, 0, 0, element, element, length);
  }

  /// A struct; each member is name, type, bit offset.
  int struct(String name, int size, Object... members) {
    int[] words = new int[members.length];
    for (int i = 0; i < members.length; i++) {
      words[i] =
          members[i] instanceof String text
              ? (text.isEmpty() ? 0 : string(text))
              : (Integer) members[i];
    }
    return type(name, 4, members.length / 3, size, words);
  }

  int typedef(String name, int to) {
    return type(name, 8, 0, to);
  }

  byte[] bytes() {
    return ByteBuffer.allocate(HEADER + types.size() + strings.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x0001_eb9f)
        .putInt(HEADER)
        .putInt(0)
        .putInt(types.size())
        .putInt(types.size())
        .putInt(strings.size())
        .put(types.toByteArray())
        .put(strings.toByteArray())
        .array();
  }

  Btf read() {
    return Btf.read(ByteSpan.of("x.o", bytes()), null, Placement.NONE);
  }
}
