package io.bpf4j.btf;

import io.bpf4j.error.ElfFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads the variables of section `.maps`: structs whose members are the attributes of a map.
/// Nothing is stored in them; the definition is in their types (libbpf's `parse_btf_map_def`):
///
/// ```
/// int (*type)[9]              a number is an array's length    __uint(type, 9)
/// enum { unique = 9 } type    or, at 64 bits, an enum's value  __ulong(map_extra, 9)
/// struct service *key         a type is what is pointed to     __type(key, struct service)
/// struct inner *values[]      maps or programs by slot         __array(values, struct inner)
/// ```
public final class MapDefReader {
  /// Member `values` of a map of maps holds references of this size.
  private static final int REFERENCE = 4;

  /// libbpf knows 12; a damaged object shall not keep us busy.
  private static final int MOST_ATTRIBUTES = 256;

  private final Btf btf;
  private final Function<String, ElfFormatException> error;

  /// `error` makes the exception for a broken rule.
  public MapDefReader(Btf btf, Function<String, ElfFormatException> error) {
    this.btf = btf;
    this.error = error;
  }

  /// The maps of a section, by ascending offset.
  ///
  /// @throws ElfFormatException naming the map and the rule
  public List<MapDef> read(BtfType.DataSec section) {
    List<MapDef> maps = new ArrayList<>();
    for (BtfType.Placed placed : section.vars()) {
      if (btf.type(placed.type()) instanceof BtfType.Var var) {
        maps.add(definition(var.name(), placed.offset(), var.type(), true));
      }
    }
    return maps;
  }

  private MapDef definition(String name, long offset, int typeId, boolean outer) {
    int structId = btf.resolve(typeId);
    if (!(btf.type(structId) instanceof BtfType.Struct struct)) {
      throw error.apply("map '" + name + "' is no struct, but " + btf.spelling(typeId));
    }
    if (struct.members().size() > MOST_ATTRIBUTES) {
      throw error.apply(
          "map '%s' has %d attributes, at most %d"
              .formatted(name, struct.members().size(), MOST_ATTRIBUTES));
    }
    Attributes found = new Attributes(name);
    for (BtfType.Member member : struct.members()) {
      read(found, member, outer);
    }
    if (found.values != 0) {
      found.valueSize = REFERENCE;
    }
    return new MapDef(
        name,
        offset,
        found.type,
        found.keySize,
        found.valueSize,
        found.maxEntries,
        found.flags,
        found.extra,
        found.pinning,
        found.keyType,
        found.valueType,
        found.valuesOffset,
        inner(found));
  }

  /// What has been read of a map.
  private static final class Attributes {
    final String map;
    int type;
    int keySize;
    int valueSize;
    int maxEntries;
    int flags;
    long extra;
    int pinning;
    int keyType;
    int valueType;
    int values;
    long valuesOffset = -1;

    Attributes(String map) {
      this.map = map;
    }
  }

  private void read(Attributes found, BtfType.Member member, boolean outer) {
    switch (member.name()) {
      case "type" -> found.type = number(found, member);
      case "max_entries" -> found.maxEntries = number(found, member);
      case "map_flags" -> found.flags = number(found, member);
      case "map_extra" -> found.extra = wideNumber(found, member);
      case "pinning" -> found.pinning = number(found, member);
      case "key_size" -> found.keySize = agreed(found, member, found.keySize);
      case "value_size" -> found.valueSize = agreed(found, member, found.valueSize);
      case "key" -> {
        found.keyType = pointee(found, member);
        found.keySize = sized(found, member, found.keyType, found.keySize);
      }
      case "value" -> {
        found.valueType = pointee(found, member);
        found.valueSize = sized(found, member, found.valueType, found.valueSize);
      }
      case "values" -> {
        if (!outer) {
          throw broken(found, member, "an inner map with values of its own");
        }
        if (!(btf.resolved(member.type()) instanceof BtfType.Array array)
            || !(btf.resolved(array.element()) instanceof BtfType.Ptr(int to))) {
          throw broken(found, member, "must be an array of pointers");
        }
        found.values = to;
        found.valuesOffset = member.bitOffset() / 8;
      }
      // numa_node says nothing here; loaders other than libbpf have attributes of their own.
      default -> {}
    }
  }

  private @Nullable MapDef inner(Attributes found) {
    return found.values != 0 && btf.resolved(found.values) instanceof BtfType.Struct
        ? definition(found.map + ".inner", 0, found.values, false)
        : null;
  }

  private int number(Attributes found, BtfType.Member member) {
    long value = wideNumber(found, member);
    if (value != (value & 0xffff_ffffL)) {
      throw broken(found, member, "%d does not fit 32 bits".formatted(value));
    }
    return (int) value;
  }

  private long wideNumber(Attributes found, BtfType.Member member) {
    BtfType type = btf.resolved(member.type());
    if (type instanceof BtfType.Ptr(int to) && btf.resolved(to) instanceof BtfType.Array array) {
      return array.count();
    }
    if (type instanceof BtfType.Enumeration constants && constants.constants().size() == 1) {
      return constants.constants().getFirst().value();
    }
    throw broken(found, member, "must be a pointer to an array, whose length is the number");
  }

  private int pointee(Attributes found, BtfType.Member member) {
    if (btf.resolved(member.type()) instanceof BtfType.Ptr(int to)) {
      return to;
    }
    throw broken(found, member, "must be a pointer to the type");
  }

  private int agreed(Attributes found, BtfType.Member member, int known) {
    return agreed(found, member, known, number(found, member));
  }

  private int sized(Attributes found, BtfType.Member member, int type, int known) {
    long size = btf.sizeOf(type);
    if (size > Integer.MAX_VALUE) {
      throw broken(found, member, "a type of " + size + " bytes");
    }
    return agreed(found, member, known, (int) size);
  }

  private int agreed(Attributes found, BtfType.Member member, int known, int size) {
    if (size < 0 || (known != 0 && known != size)) {
      throw broken(
          found,
          member,
          "%d bytes, where another attribute says %d"
              .formatted(Integer.toUnsignedLong(size), known));
    }
    return size;
  }

  private ElfFormatException broken(Attributes found, BtfType.Member member, String rule) {
    return error.apply("map '%s' attribute '%s': %s".formatted(found.map, member.name(), rule));
  }
}
