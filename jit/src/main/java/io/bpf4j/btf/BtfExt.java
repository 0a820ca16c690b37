package io.bpf4j.btf;

import io.bpf4j.error.ElfFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What section `.BTF.ext` knows of instructions, by the ELF section they are in
/// (Documentation/bpf/btf.rst, ".BTF.ext section"):
///
/// ```
/// header | function info | line info | CO-RE records
///          each: record_size:32, then per section: name:32 count:32 records
/// ```
///
/// @param functions what function starts where
/// @param lines where instructions came from
/// @param coreRelocs what depends on the running kernel
public record BtfExt(
    Map<String, List<FuncInfo>> functions,
    Map<String, List<LineRecord>> lines,
    Map<String, List<CoreReloc>> coreRelocs) {
  private static final int HEADER = 24;
  private static final int HEADER_WITH_CORE = 32;

  public BtfExt {
    functions = Map.copyOf(functions);
    lines = Map.copyOf(lines);
    coreRelocs = Map.copyOf(coreRelocs);
  }

  /// A function's first instruction and its type.
  ///
  /// @param insnOffset byte offset in the section
  /// @param typeId a [BtfType.Func]
  public record FuncInfo(long insnOffset, int typeId) {}

  /// From this instruction on, code came from this line.
  ///
  /// @param insnOffset byte offset in the section
  /// @param file as the compiler was given it
  /// @param text the source line
  /// @param line from 1; 0 unknown
  /// @param column from 1; 0 unknown
  public record LineRecord(long insnOffset, String file, String text, int line, int column) {}

  /// @throws ElfFormatException naming offset and rule
  static BtfExt read(ByteSpan section, StringTable strings, List<BtfType> types) {
    BtfReader.checkMagic(section, HEADER);
    Reader reader = new Reader(section, strings, types);
    boolean core = section.u32(4) >= HEADER_WITH_CORE;
    return new BtfExt(
        reader.table(8, 8, reader::function),
        reader.table(16, 16, reader::line),
        core ? reader.table(24, 16, reader::coreReloc) : Map.of());
  }

  private interface Row<T> {
    T read(ByteSpan table, long at);
  }

  private record Reader(ByteSpan section, StringTable strings, List<BtfType> types) {

    /// The table whose offset and length stand at `header`.
    <T> Map<String, List<T>> table(int header, int minimum, Row<T> row) {
      long length = section.u32(header + 4);
      Map<String, List<T>> bySection = new HashMap<>();
      if (length == 0) {
        return bySection;
      }
      ByteSpan table =
          section.slice(
              section.u32(4) + section.u32(header), length, "a table of section '.BTF.ext'");
      long size = table.u32(0);
      if (size < minimum || size % 4 != 0) {
        throw table.error(0, "records of %d bytes, at least %d".formatted(size, minimum));
      }
      long at = 4;
      while (at < table.length()) {
        String name = strings.at(table.u32(at));
        long count = table.u32(at + 4);
        ByteSpan records = table.slice(at + 8, count * size, "the records of '" + name + "'");
        List<T> rows = bySection.computeIfAbsent(name, _ -> new ArrayList<>());
        for (long i = 0; i < count; i++) {
          rows.add(row.read(records, i * size));
        }
        at += 8 + count * size;
      }
      return bySection;
    }

    FuncInfo function(ByteSpan table, long at) {
      int type = type(table, at + 4);
      if (!(types.get(type) instanceof BtfType.Func)) {
        throw table.error(at + 4, "type " + type + " is no function");
      }
      return new FuncInfo(table.u32(at), type);
    }

    LineRecord line(ByteSpan table, long at) {
      int place = table.i32(at + 12);
      return new LineRecord(
          table.u32(at),
          strings.at(table.u32(at + 4)),
          strings.at(table.u32(at + 8)),
          place >>> 10,
          place & 0x3ff);
    }

    CoreReloc coreReloc(ByteSpan table, long at) {
      long kind = table.u32(at + 12);
      CoreReloc.Kind[] kinds = CoreReloc.Kind.values();
      if (kind >= kinds.length) {
        throw table.error(at + 12, "CO-RE kind " + kind + " is unknown");
      }
      return new CoreReloc(
          table.u32(at), type(table, at + 4), strings.at(table.u32(at + 8)), kinds[(int) kind]);
    }

    private int type(ByteSpan table, long at) {
      long type = table.u32(at);
      if (type >= types.size()) {
        throw table.error(at, "refers to type %d of %d".formatted(type, types.size()));
      }
      return (int) type;
    }
  }
}
