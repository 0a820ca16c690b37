package io.bpf4j.btf;

import io.bpf4j.btf.BtfType.Constant;
import io.bpf4j.btf.BtfType.Linkage;
import io.bpf4j.btf.BtfType.Member;
import io.bpf4j.btf.BtfType.Param;
import io.bpf4j.btf.BtfType.Placed;
import io.bpf4j.error.ElfFormatException;
import java.util.ArrayList;
import java.util.List;

/// Reads section `.BTF` (Documentation/bpf/btf.rst, "BTF Type and String Encoding"):
///
/// ```
/// header | types, one behind the other, ids from 1 on | strings
///          type = name_off:32 info:32 size_or_type:32, then what the kind adds
///          info = kind_flag:1 -:2 kind:5 -:8 vlen:16
/// ```
final class BtfReader {
  private static final int MAGIC = 0xeb9f;
  private static final int SWAPPED = 0x9feb;
  private static final int HEADER = 24;

  private final ByteSpan section;
  private final Placement placement;
  private final ByteSpan body;
  private final StringTable strings;
  private final List<BtfType> types = new ArrayList<>();

  /// Where each type starts, for messages.
  private final List<Integer> places = new ArrayList<>();

  private int at;

  BtfReader(ByteSpan section, Placement placement) {
    this.section = section;
    this.placement = placement;
    checkMagic(section, HEADER);
    long header = section.u32(4);
    this.body = section.slice(header + section.u32(8), section.u32(12), "the types of BTF");
    this.strings =
        new StringTable(
            section.slice(header + section.u32(16), section.u32(20), "the strings of BTF"));
  }

  /// The common start of `.BTF` and `.BTF.ext`: magic, version, and the header's length.
  static void checkMagic(ByteSpan section, int minimum) {
    int magic = section.u16(0);
    if (magic != MAGIC) {
      throw section.error(
          0,
          magic == SWAPPED
              ? "big-endian BTF; only little-endian objects are read"
              : "BTF must start with 0xeb9f, not 0x%04x".formatted(magic));
    }
    if (section.u8(2) != 1) {
      throw section.error(2, "BTF version must be 1, not " + section.u8(2));
    }
    if (section.u32(4) < minimum) {
      throw section.error(4, "BTF header of " + section.u32(4) + " bytes, at least " + minimum);
    }
  }

  StringTable strings() {
    return strings;
  }

  ByteSpan body() {
    return body;
  }

  ByteSpan section() {
    return section;
  }

  List<BtfType> types() {
    return types;
  }

  ElfFormatException error(int id, String rule) {
    return body.error(places.get(id), "BTF type " + id + ": " + rule);
  }

  /// Reads all types; references are not followed yet.
  BtfReader read() {
    types.add(new BtfType.VoidType());
    places.add(0);
    while (at < body.length()) {
      places.add(at);
      int start = at;
      BtfType type = next();
      if (at <= start) {
        throw body.error(start, "BTF type of no length");
      }
      types.add(type);
    }
    return this;
  }

  private int take() {
    at += 4;
    return body.i32(at - 4);
  }

  private String takeName() {
    return strings.at(Integer.toUnsignedLong(take()));
  }

  private BtfType next() {
    int start = at;
    String name = takeName();
    int info = take();
    int sizeOrType = take();
    int vlen = info & 0xffff;
    boolean flag = info < 0;
    int kind = info >>> 24 & 0x1f;
    return switch (kind) {
      case 1 -> integer(name, size(start, sizeOrType));
      case 2 -> new BtfType.Ptr(sizeOrType);
      case 3 -> new BtfType.Array(take(), take(), Integer.toUnsignedLong(take()));
      case 4, 5 ->
          new BtfType.Struct(name, size(start, sizeOrType), members(vlen, flag), kind == 5);
      case 6 ->
          new BtfType.Enumeration(
              name, enumSize(start, sizeOrType, vlen), flag, constants(vlen, flag, false));
      case 7 -> new BtfType.Forward(name, flag);
      case 8 -> new BtfType.Typedef(name, sizeOrType);
      case 9 -> new BtfType.Qualified("volatile", sizeOrType);
      case 10 -> new BtfType.Qualified("const", sizeOrType);
      case 11 -> new BtfType.Qualified("restrict", sizeOrType);
      case 12 -> new BtfType.Func(name, sizeOrType, linkage(start, vlen));
      case 13 -> new BtfType.FuncProto(sizeOrType, params(vlen));
      case 14 -> new BtfType.Var(name, sizeOrType, linkage(start, take()));
      case 15 -> dataSection(name, Integer.toUnsignedLong(sizeOrType), vlen);
      case 16 -> new BtfType.Floating(name, size(start, sizeOrType));
      case 17 -> new BtfType.DeclTag(name, sizeOrType, take());
      case 18 -> new BtfType.TypeTag(name, sizeOrType);
      case 19 ->
          new BtfType.Enumeration(
              name, enumSize(start, sizeOrType, vlen), flag, constants(vlen, flag, true));
      default -> throw body.error(start + 4, "BTF kind " + kind + " is unknown");
    };
  }

  private int size(int start, int size) {
    if (size < 0) {
      throw body.error(start + 8, "BTF type of " + Integer.toUnsignedLong(size) + " bytes");
    }
    return size;
  }

  /// An enum that is declared only has no constants, and no size.
  private int enumSize(int start, int size, int constants) {
    boolean whole = size == 1 || size == 2 || size == 4 || size == 8;
    if (!whole && (size != 0 || constants != 0)) {
      throw body.error(start + 8, "BTF enum of " + Integer.toUnsignedLong(size) + " bytes");
    }
    return size;
  }

  /// `encoding:4 (signed 1, char 2, bool 4) offset:8 -:8 bits:8`.
  private BtfType integer(String name, int size) {
    int start = at;
    int word = take();
    int encoding = word >>> 24 & 15;
    int offset = word >>> 16 & 0xff;
    int bits = word & 0xff;
    if (size > 16 || bits + offset > size * 8) {
      throw body.error(
          start, "BTF int of %d bits at bit %d in %d bytes".formatted(bits, offset, size));
    }
    return new BtfType.Int(name, size, bits, offset, (encoding & 1) != 0, (encoding & 4) != 0);
  }

  private List<Member> members(int vlen, boolean bitFields) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < vlen; i++) {
      String name = takeName();
      int type = take();
      int offset = take();
      members.add(
          bitFields
              ? new Member(name, type, offset & 0xff_ffff, offset >>> 24)
              : new Member(name, type, Integer.toUnsignedLong(offset), 0));
    }
    return members;
  }

  private List<Constant> constants(int vlen, boolean signed, boolean wide) {
    List<Constant> constants = new ArrayList<>();
    for (int i = 0; i < vlen; i++) {
      String name = takeName();
      int low = take();
      long value = signed ? low : Integer.toUnsignedLong(low);
      constants.add(
          new Constant(name, wide ? Integer.toUnsignedLong(low) | (long) take() << 32 : value));
    }
    return constants;
  }

  private List<Param> params(int vlen) {
    List<Param> params = new ArrayList<>();
    for (int i = 0; i < vlen; i++) {
      params.add(new Param(takeName(), take()));
    }
    return params;
  }

  private Linkage linkage(int start, int code) {
    if (code < 0 || code > 2) {
      throw body.error(start, "BTF linkage " + code + " is unknown");
    }
    return Linkage.values()[code];
  }

  private BtfType dataSection(String name, long size, int vlen) {
    List<Placed> vars = new ArrayList<>();
    for (int i = 0; i < vlen; i++) {
      vars.add(new Placed(take(), Integer.toUnsignedLong(take()), Integer.toUnsignedLong(take())));
    }
    long known = placement.sizeOf(name);
    return new BtfType.DataSec(name, known >= 0 ? known : size, vars);
  }

  /// Puts variables where their symbols are; needs all types.
  void place() {
    types.replaceAll(type -> type instanceof BtfType.DataSec section ? placed(section) : type);
  }

  private BtfType placed(BtfType.DataSec section) {
    List<Placed> vars = new ArrayList<>();
    for (Placed var : section.vars()) {
      long offset = placement.offsetOf(section.name(), types.get(var.type()).name());
      vars.add(offset < 0 ? var : new Placed(var.type(), offset, var.size()));
    }
    vars.sort(java.util.Comparator.comparingLong(Placed::offset));
    return new BtfType.DataSec(section.name(), section.size(), vars);
  }
}
