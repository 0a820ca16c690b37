package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Bytes written piece by piece with a type each: `[{u8: 6}, {u16: 443}]`, `[6u8, 443u16]`, `{u8:
/// 6, u16: 443}`. Integers stand at multiples of their size, as a C compiler puts them; what is
/// skipped is zero. In `{packed: […]}` nothing is skipped.
///
/// Types: `u8`…`u64` and `s8`…`s64` in host order (little-endian), `be16`, `be32`, `be64` in
/// network order, `ip4` (4 bytes), `ip6` (16 bytes), `ip` (16 bytes, IPv4 as ::ffff:a.b.c.d), `hex`
/// (bytes), `text` (UTF-8 without an end), `zero` (so many zero bytes).
final class Pieces {
  static final Set<String> TYPES =
      Set.of(
          "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "be16", "be32", "be64", "ip4",
          "ip6", "ip", "hex", "text", "zero", "packed");

  private static final Pattern NUMBER =
      Pattern.compile("(-?)(0x[0-9a-fA-F_]{1,20}|[0-9][0-9_]{0,24})");
  private static final Pattern SUFFIXED =
      Pattern.compile(
          "(-?(?:0x[0-9a-fA-F_]{1,20}?|[0-9][0-9_]{0,24}))([us](?:8|16|32|64)|be(?:16|32|64))");
  private static final int MAX_BYTES = 1 << 28;

  private final Values values;
  private final boolean packed;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int alignment = 1;

  private Pieces(Values values, boolean packed) {
    this.values = values;
    this.packed = packed;
  }

  /// Whether a mapping is written in these types.
  static boolean typed(Yaml.Mapping mapping) {
    return !mapping.entries().isEmpty() && TYPES.containsAll(mapping.keys());
  }

  /// Whether a scalar is a number with a type: `443be16`.
  static boolean suffixed(Yaml.Scalar scalar) {
    return SUFFIXED.matcher(scalar.text()).matches();
  }

  /// The bytes of a mapping or list in these types. Zeros follow up to `size` where a C compiler
  /// would put them after the last member.
  static byte[] encode(Values values, Yaml yaml, int size) {
    Pieces pieces = new Pieces(values, false);
    pieces.add(yaml);
    byte[] bytes = pieces.out.toByteArray();
    int rounded = (bytes.length + pieces.alignment - 1) / pieces.alignment * pieces.alignment;
    return rounded == size ? Arrays.copyOf(bytes, size) : bytes;
  }

  private void add(Yaml yaml) {
    switch (yaml) {
      case Yaml.Sequence sequence -> sequence.items().forEach(this::add);
      case Yaml.Mapping mapping -> {
        for (Yaml.Entry entry : mapping.entries()) {
          add(entry.key(), entry.key().text(), entry.value());
        }
      }
      case Yaml.Scalar scalar -> {
        Matcher matcher = SUFFIXED.matcher(scalar.text());
        if (!matcher.matches()) {
          throw values.error(
              scalar,
              scalar.kind() + " has no type here: write 443u16, 443be16 or {ip4: 192.0.2.1}");
        }
        integer(scalar, matcher.group(2), matcher.group(1));
      }
    }
  }

  private void add(Yaml at, String type, Yaml value) {
    switch (type) {
      case "packed" -> {
        Pieces inner = new Pieces(values, true);
        inner.add(value);
        out.writeBytes(inner.out.toByteArray());
      }
      case "hex" -> out.writeBytes(hex(values, value));
      case "text" -> out.writeBytes(values.text(value, "a text").getBytes(StandardCharsets.UTF_8));
      case "zero" -> out.writeBytes(new byte[values.integer(value, "bytes", 0, 1 << 16)]);
      case "ip4", "ip6", "ip" -> {
        align(4);
        out.writeBytes(address(type, value));
      }
      default -> {
        if (!TYPES.contains(type)) {
          throw values.error(
              at, "there is no type '%s'%s".formatted(type, Nearest.hint(type, TYPES)));
        }
        integer(value, type, values.text(value, "a number"));
      }
    }
  }

  private void align(int bytes) {
    if (!packed) {
      alignment = Math.max(alignment, bytes);
      while (out.size() % bytes != 0) {
        out.write(0);
      }
    }
  }

  private byte[] address(String type, Yaml value) {
    IpAddr address = values.parsed(value, "an address", IpAddr::parse);
    boolean v4 = address.family() == Family.INET;
    if (v4 ? type.equals("ip6") : type.equals("ip4")) {
      throw values.error(value, "%s is no IPv%s address".formatted(address, v4 ? "6" : "4"));
    }
    return type.equals("ip4") ? bytes4(address) : bytes16(address);
  }

  private void integer(Yaml at, String type, String number) {
    boolean network = type.startsWith("be");
    int size = Integer.parseInt(type.replaceAll("\\D", "")) / 8;
    align(size);
    byte[] bytes = integer(values, at, number, size);
    out.writeBytes(network ? reversed(bytes) : bytes);
  }

  /// A number as little-endian bytes; it may be negative, and must fit signed or unsigned.
  static byte[] integer(Values values, Yaml at, String text, int size) {
    Matcher matcher = NUMBER.matcher(text);
    if (!matcher.matches()) {
      throw values.error(at, "'" + text + "' is no number");
    }
    String digits = matcher.group(2).replace("_", "").toLowerCase(Locale.ROOT);
    boolean hex = digits.startsWith("0x");
    if (hex && digits.length() == 2) {
      throw values.error(at, "'" + text + "' is no number");
    }
    BigInteger number = hex ? new BigInteger(digits.substring(2), 16) : new BigInteger(digits);
    if (!matcher.group(1).isEmpty()) {
      number = number.negate();
    }
    if (number.bitLength() > (number.signum() < 0 ? 8 * size - 1 : 8 * size)) {
      throw values.error(
          at, "%s does not fit %d byte%s".formatted(text, size, size == 1 ? "" : "s"));
    }
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = number.shiftRight(8 * i).byteValue();
    }
    return bytes;
  }

  /// Whether a text is a number without a type.
  static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /// Bytes in hexadecimal, two digits each; blanks may stand between bytes.
  static byte[] hex(Values values, Yaml yaml) {
    String digits = values.text(yaml, "bytes in hexadecimal").replaceFirst("^0x", "");
    String dense = digits.replaceAll("[ _:]", "");
    if (dense.length() > 2 * MAX_BYTES || !dense.matches("([0-9a-fA-F]{2})*")) {
      throw values.error(yaml, yaml.kind() + " is not hexadecimal, two digits a byte");
    }
    return HexFormat.of().parseHex(dense);
  }

  static byte[] bytes4(IpAddr address) {
    return reversed(Arrays.copyOf(little(address.lo()), 4));
  }

  /// IPv4 in its mapped form.
  static byte[] bytes16(IpAddr address) {
    boolean v4 = address.family() == Family.INET;
    long lo = v4 ? address.lo() | 0xffff_0000_0000L : address.lo();
    byte[] bytes = new byte[16];
    System.arraycopy(reversed(little(address.hi())), 0, bytes, 0, 8);
    System.arraycopy(reversed(little(lo)), 0, bytes, 8, 8);
    return bytes;
  }

  private static byte[] little(long number) {
    byte[] bytes = new byte[8];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (number >>> (8 * i));
    }
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  /// How a list of lists is refused before it recurses: a list is of pieces.
  static boolean pieces(List<Yaml> items) {
    return items.stream()
        .allMatch(item ->
            switch (item) {
              case Yaml.Scalar scalar -> suffixed(scalar);
              case Yaml.Mapping mapping -> typed(mapping);
              case Yaml.Sequence _ -> false;
            });
  }
}
