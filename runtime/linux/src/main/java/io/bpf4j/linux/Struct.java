package io.bpf4j.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// One value of a C struct in native memory, its members by name. Members are unsigned.
final class Struct {
  private final Shape shape;
  private final MemorySegment segment;

  Struct(Shape shape, Arena arena) {
    this.shape = shape;
    this.segment = arena.allocate(shape.layout());
  }

  /// A layout with the places of its members.
  record Shape(StructLayout layout, Map<String, Member> members) {
    static Shape of(MemoryLayout... parts) {
      StructLayout layout = MemoryLayout.structLayout(parts);
      Map<String, Member> members = new LinkedHashMap<>();
      long offset = 0;
      for (MemoryLayout part : parts) {
        long at = offset;
        part.name().ifPresent(name -> members.put(name, new Member(at, part)));
        offset += part.byteSize();
      }
      return new Shape(layout, members);
    }

    private Member member(String name) {
      Member member = members.get(name);
      if (member == null) {
        throw new IllegalArgumentException("no member '" + name + "' in " + layout);
      }
      return member;
    }

    long offset(String name) {
      return member(name).offset();
    }
  }

  /// Where a member stands and what it is.
  record Member(long offset, MemoryLayout layout) {}

  MemorySegment segment() {
    return segment;
  }

  long address() {
    return segment.address();
  }

  int size() {
    return (int) segment.byteSize();
  }

  Struct clear() {
    segment.fill((byte) 0);
    return this;
  }

  Struct put(String name, long value) {
    Member member = shape.member(name);
    if (member.layout().byteSize() == Integer.BYTES) {
      segment.set(JAVA_INT, member.offset(), (int) value);
    } else {
      segment.set(JAVA_LONG, member.offset(), value);
    }
    return this;
  }

  /// Points a member at memory, which the caller keeps alive.
  Struct put(String name, MemorySegment target) {
    return put(name, target.address());
  }

  /// Writes text into a character array, cut so that a NUL ends it.
  Struct putText(String name, String text) {
    Member member = shape.member(name);
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    int length = (int) Math.min(bytes.length, member.layout().byteSize() - 1);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, member.offset(), length);
    return this;
  }

  /// A member, zero-extended.
  long get(String name) {
    Member member = shape.member(name);
    return member.layout().byteSize() == Integer.BYTES
        ? Integer.toUnsignedLong(segment.get(JAVA_INT, member.offset()))
        : segment.get(JAVA_LONG, member.offset());
  }

  int getInt(String name) {
    return (int) get(name);
  }

  /// The text of a character array.
  String getText(String name) {
    Member member = shape.member(name);
    byte[] bytes = segment.asSlice(member.offset(), member.layout().byteSize()).toArray(JAVA_BYTE);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.US_ASCII);
  }

  /// The members that are not zero, as `key_size=4 value_size=8`; addresses are left out, since
  /// they tell nothing.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    shape
        .members()
        .forEach((name, member) -> {
          String value = text(name, member);
          if (!value.isEmpty()) {
            text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(value);
          }
        });
    return text.toString();
  }

  private String text(String name, Member member) {
    if (member.layout() instanceof SequenceLayout) {
      return getText(name);
    }
    long value = get(name);
    if (value == 0 || BpfAttr.isAddress(member.layout())) {
      return "";
    }
    return name.endsWith("flags") ? "0x" + Long.toHexString(value) : Long.toString(value);
  }
}
