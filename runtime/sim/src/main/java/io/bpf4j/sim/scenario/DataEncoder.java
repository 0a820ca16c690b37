package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// Turns keys and values of maps, as a scenario writes them, into bytes.
///
/// | written | means |
/// |---|---|
/// | `443`, `-1`, `0x1bb`, `true` | a number of the size of the key, value or field, in host order |
/// | `443u16`, `443be16` | a number of a size, the second in network order |
/// | `tcp`, `udp`, `inet`, `inet6` | 6, 17, 2, 10; in an enum, the names of its constants |
/// | `198.51.100.7`, `2001:db8::1` | an address: 4 bytes, or 16 (IPv4 as ::ffff:a.b.c.d) |
/// | `{prefix: 198.51.100.0/24}` | the key of an LPM_TRIE: length, then the address |
/// | `{hex: 06 00 bb 01}` | these bytes |
/// | `{family: inet, port: 443}` | the fields of the C struct, where the object has BTF; others are 0 |
/// | `[{u8: 6}, {u16: 443}]` | a C layout in order, see [Pieces] |
/// | `[1, 2, 3]` | the elements of an array; further ones are 0 |
/// | `eth0` for a `char[]` | the text, zeros after it |
public final class DataEncoder {
  private static final Map<String, Integer> WORDS =
      Map.of("tcp", 6, "udp", 17, "inet", 2, "inet6", 10, "true", 1, "false", 0);

  private static final int MAPPED_BITS = 96;
  private static final int SHOWN = 64;

  private final Values values;

  public DataEncoder(Source source) {
    values = new Values(source);
  }

  /// The bytes of a key or value.
  ///
  /// @param yaml what is written
  /// @param layout what it is in C
  /// @param what for messages: `the key of steer.services`
  /// @throws ScenarioException when it does not fit the layout
  public byte[] encode(Yaml yaml, Layout layout, String what) {
    byte[] bytes = bytes(yaml, layout, what);
    if (bytes.length != layout.size()) {
      throw values.error(
          yaml,
          "%s has %d bytes (%s), not %d: %s"
              .formatted(what, layout.size(), layout.spelling(), bytes.length, shown(bytes)));
    }
    return bytes;
  }

  private static String shown(byte[] bytes) {
    String text = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(bytes.length, SHOWN));
    return bytes.length > SHOWN ? text + " …" : text;
  }

  private byte[] bytes(Yaml yaml, Layout layout, String what) {
    return switch (yaml) {
      case Yaml.Mapping mapping -> mapping(mapping, layout, what);
      case Yaml.Sequence sequence -> sequence(sequence, layout, what);
      case Yaml.Scalar scalar -> scalar(scalar, layout, what);
    };
  }

  private byte[] mapping(Yaml.Mapping mapping, Layout layout, String what) {
    List<String> keys = mapping.keys();
    if (layout instanceof Layout.Struct struct
        && (keys.stream().anyMatch(k -> struct.member(k) != null)
            || !(keys.equals(List.of("prefix")) || Pieces.typed(mapping)))) {
      return fields(mapping, struct, what);
    }
    if (keys.equals(List.of("prefix"))) {
      return prefix(mapping.entries().getFirst().value(), layout.size(), what);
    }
    if (Pieces.typed(mapping)) {
      return Pieces.encode(values, mapping, layout.size());
    }
    throw values.error(
        mapping,
        "%s (%s) has no fields that are known by name%s; write a C layout like [{u8: 6}, {u16: 443}]"
            .formatted(
                what,
                layout.spelling(),
                layout instanceof Layout.Plain ? ", its object has no BTF for it" : ""));
  }

  private byte[] fields(Yaml.Mapping mapping, Layout.Struct struct, String what) {
    byte[] bytes = new byte[struct.size()];
    for (Yaml.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      Layout.Member member = struct.member(name);
      if (member == null) {
        List<String> known = struct.members().stream().map(Layout.Member::name).toList();
        throw values.error(
            entry.key(),
            "%s has no field '%s'%s".formatted(struct.spelling(), name, Nearest.hint(name, known)));
      }
      if (member.bits() != 0) {
        throw values.error(
            entry.key(), "'" + name + "' is a bit field: write the struct as {hex: …}");
      }
      byte[] field = encode(entry.value(), member.layout(), "'" + name + "' of " + what);
      System.arraycopy(field, 0, bytes, member.offset(), field.length);
    }
    return bytes;
  }

  /// `__u32 prefixlen` and the address, as LPM_TRIE keys begin (kernel/bpf/lpm_trie.c).
  private byte[] prefix(Yaml yaml, int size, String what) {
    Prefix prefix = values.prefix(yaml);
    boolean v4 = prefix.address().family() == Family.INET;
    boolean wide = size == 20;
    if (!wide && !(size == 8 && v4)) {
      throw values.error(
          yaml,
          "%s has %d bytes; the key of an IPv%s prefix has %s"
              .formatted(what, size, v4 ? "4" : "6", v4 ? "8, or 20 with mapped addresses" : "20"));
    }
    byte[] bytes = new byte[size];
    bytes[0] = (byte) (prefix.bits() + (wide && v4 ? MAPPED_BITS : 0));
    byte[] address = wide ? Pieces.bytes16(prefix.address()) : Pieces.bytes4(prefix.address());
    System.arraycopy(address, 0, bytes, 4, address.length);
    return bytes;
  }

  private byte[] sequence(Yaml.Sequence sequence, Layout layout, String what) {
    if (layout instanceof Layout.Array array && !Pieces.pieces(sequence.items())) {
      if (sequence.items().size() > array.count()) {
        throw values.error(
            sequence,
            "%s is %s: %d elements are too many"
                .formatted(what, array.spelling(), sequence.items().size()));
      }
      byte[] bytes = new byte[array.size()];
      int at = 0;
      for (Yaml item : sequence.items()) {
        byte[] element = encode(item, array.element(), "an element of " + what);
        System.arraycopy(element, 0, bytes, at, element.length);
        at += element.length;
      }
      return bytes;
    }
    return Pieces.encode(values, sequence, layout.size());
  }

  private byte[] scalar(Yaml.Scalar scalar, Layout layout, String what) {
    String text = scalar.text();
    if (layout instanceof Layout.Array(String _, Layout element, int count)
        && element.size() == 1
        && !scalar.plain()) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      return utf8.length > count ? utf8 : Arrays.copyOf(utf8, count);
    }
    if (Pieces.suffixed(scalar) && !isEnumConstant(text, layout)) {
      return Pieces.encode(values, scalar, layout.size());
    }
    if (layout instanceof Layout.Int known) {
      Long constant = known.constants().get(text);
      if (constant != null) {
        return Pieces.integer(values, scalar, Long.toString(constant), known.size());
      }
    }
    if (!Pieces.isNumber(text) && (text.indexOf(':') >= 0 || text.matches("[0-9.]+\\.[0-9]+"))) {
      return address(scalar, layout, what);
    }
    return number(scalar, layout, what);
  }

  private static boolean isEnumConstant(String text, Layout layout) {
    return layout instanceof Layout.Int known && known.constants().containsKey(text);
  }

  private byte[] address(Yaml.Scalar scalar, Layout layout, String what) {
    IpAddr address = values.parsed(scalar, "an address", IpAddr::parse);
    if (layout.size() == 16) {
      return Pieces.bytes16(address);
    }
    if (layout.size() == 4 && address.family() == Family.INET) {
      return Pieces.bytes4(address);
    }
    throw values.error(
        scalar,
        "%s has %d bytes (%s), no room for the address %s"
            .formatted(what, layout.size(), layout.spelling(), address));
  }

  private byte[] number(Yaml.Scalar scalar, Layout layout, String what) {
    String text = scalar.text();
    Integer word = WORDS.get(text);
    if (word == null && !Pieces.isNumber(text)) {
      List<String> known =
          layout instanceof Layout.Int known2 && !known2.constants().isEmpty()
              ? known2.constants().keySet().stream().sorted().toList()
              : List.copyOf(WORDS.keySet());
      String near = Nearest.hint(text, known);
      throw values.error(
          scalar,
          "%s was expected (%s), not %s%s"
              .formatted(
                  what, layout.spelling(), scalar.kind(), near.contains("mean") ? near : ""));
    }
    int size = layout.size();
    boolean single = layout instanceof Layout.Int || layout instanceof Layout.Plain;
    if (!single || (size != 1 && size != 2 && size != 4 && size != 8)) {
      throw values.error(
          scalar,
          "%s is no number but %s: write its fields, a C layout like [{u8: 6}, {u16: 443}], or {hex: …}"
              .formatted(what, layout.spelling()));
    }
    return Pieces.integer(values, scalar, word == null ? text : Integer.toString(word), size);
  }
}
