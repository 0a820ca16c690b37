package io.bpf4j.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DataEncoderTest {
  private static final Source SOURCE = new Source(Path.of("s.yaml"));
  private static final Layout U8 = new Layout.Int("__u8", 1, Map.of());
  private static final Layout U16 = new Layout.Int("__u16", 2, Map.of());
  private static final Layout U32 = new Layout.Int("__u32", 4, Map.of());
  private static final Layout MODE = new Layout.Int("enum mode", 4, Map.of("OPEN", 3L, "1u8", 4L));

  /// `struct service { __u8 family; __u8 protocol; __u16 port; __u32 address; __u8 tag[4]; }`
  private static final Layout SERVICE =
      new Layout.Struct(
          "struct service",
          12,
          List.of(
              new Layout.Member("family", 0, U8, 0),
              new Layout.Member("protocol", 1, U8, 0),
              new Layout.Member("port", 2, U16, 0),
              new Layout.Member("address", 4, U32, 0),
              new Layout.Member("tag", 8, new Layout.Array("char[4]", U8, 4), 0)));

  private static String hex(String yaml, Layout layout) {
    Yaml value = YamlReader.read(SOURCE, yaml);
    return HexFormat.ofDelimiter(" ")
        .formatHex(new DataEncoder(SOURCE).encode(value, layout, "the key of o.m"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          4  | 443                          | bb 01 00 00
          4  | 0x400000                     | 00 00 40 00
          4  | 4_294_967_295                | ff ff ff ff
          4  | -1                           | ff ff ff ff
          8  | -2                           | fe ff ff ff ff ff ff ff
          8  | 0xffffffffffffffff           | ff ff ff ff ff ff ff ff
          2  | 443be16                      | 01 bb
          4  | 0x10u32                      | 10 00 00 00
          1  | udp                          | 11
          1  | true                         | 01
          4  | 198.51.100.7                 | c6 33 64 07
          16 | 198.51.100.7                 | 00 00 00 00 00 00 00 00 00 00 ff ff c6 33 64 07
          16 | 2001:db8::1                  | 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
          8  | '{prefix: 198.51.100.0/24}'  | 18 00 00 00 c6 33 64 00
          20 | '{prefix: 198.51.100.0/24}'  | 78 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff c6 33 64 00
          20 | '{prefix: "2001:db8::/32"}'  | 20 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00
          4  | '{hex: 06 00 bb01}'          | 06 00 bb 01
          4  | '{u8: 6, u16: 443}'          | 06 00 bb 01
          3  | '{packed: {u8: 6, u16: 443}}' | 06 bb 01
          4  | '[6u8, 0u8, 443be16]'        | 06 00 01 bb
          8  | '[{u32: 1}, {u8: 2}]'        | 01 00 00 00 02 00 00 00
          12 | '[{u32: 56}, {u8: 0}, {u8: 6}, {be16: 80}, {ip4: 198.51.100.0}]' | 38 00 00 00 00 06 00 50 c6 33 64 00
          20 | '[{ip: 198.51.100.7}, {u32: 6}]' | 00 00 00 00 00 00 00 00 00 00 ff ff c6 33 64 07 06 00 00 00
          6  | '[{text: ab}, {zero: 4}]'    | 61 62 00 00 00 00
          """)
  void plainBytes(int size, String yaml, String expected) {
    assertThat(hex(yaml, new Layout.Plain(size))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '{family: inet, protocol: tcp, port: 443}'  | 02 06 bb 01 00 00 00 00 00 00 00 00
          '{port: 80be16, address: 192.0.2.1}'        | 00 00 00 50 c0 00 02 01 00 00 00 00
          '{tag: "ab"}'                               | 00 00 00 00 00 00 00 00 61 62 00 00
          '{tag: [1, 2]}'                             | 00 00 00 00 00 00 00 00 01 02 00 00
          '[{u8: 2}, {u8: 6}, {u16: 443}, {u32: 1}, {zero: 4}]' | 02 06 bb 01 01 00 00 00 00 00 00 00
          '{hex: 000102030405060708090a0b}'           | 00 01 02 03 04 05 06 07 08 09 0a 0b
          """)
  void structs(String yaml, String expected) {
    assertThat(hex(yaml, SERVICE)).isEqualTo(expected);
  }

  @Test
  void enumConstantsByName() {
    assertThat(hex("OPEN", MODE)).isEqualTo("03 00 00 00");
    assertThat(hex("1u8", MODE)).isEqualTo("04 00 00 00");
    assertThat(hex("7", MODE)).isEqualTo("07 00 00 00");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          256                   | 1:1: 256 does not fit 1 byte | 1
          -129                  | 1:1: -129 does not fit 1 byte | 1
          443u16                | 1:1: the key of o.m has 4 bytes (4 bytes), not 2: bb 01 | 4
          '{u8: 6}'             | 1:1: the key of o.m has 4 bytes (4 bytes), not 1: 06 | 4
          '{hex: 0}'            | 1:7: '0' is not hexadecimal, two digits a byte | 4
          '{port: 1}'           | 1:1: the key of o.m (4 bytes) has no fields that are known by name, its object has no BTF for it; write a C layout like [{u8: 6}, {u16: 443}] | 4
          '[{u8: 1}, {u15: 1}]' | 1:12: there is no type 'u15'; did you mean 'u16'? | 4
          '[1, 2]'              | 1:2: '1' has no type here: write 443u16, 443be16 or {ip4: 192.0.2.1} | 4
          2001:db8::1           | 1:1: the key of o.m has 4 bytes (4 bytes), no room for the address 2001:db8::1 | 4
          1.2.3.400             | 1:1: an address was expected: '1.2.3.400' is no IP address | 4
          tpc                   | 1:1: the key of o.m was expected (4 bytes), not 'tpc'; did you mean 'tcp'? | 4
          12                    | 1:1: the key of o.m is no number but 12 bytes: write its fields, a C layout like [{u8: 6}, {u16: 443}], or {hex: …} | 12
          '{prefix: "::/0"}'    | 1:10: the key of o.m has 8 bytes; the key of an IPv6 prefix has 20 | 8
          '{ip4: "::1"}'        | 1:7: ::1 is no IPv4 address | 4
          0x                    | 1:1: the key of o.m was expected (4 bytes), not '0x' | 4
          '{u8: 0x_}'           | 1:6: '0x_' is no number | 1
          """)
  void refusals(String yaml, String message, int size) {
    assertThatExceptionOfType(ScenarioException.class)
        .isThrownBy(() -> hex(yaml, new Layout.Plain(size)))
        .withMessage("s.yaml:" + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '{prot: 1}'         | 1:2: struct service has no field 'prot'; did you mean 'port'?
          '{port: 65536}'     | 1:8: 65536 does not fit 2 bytes
          '{tag: "abcde"}'    | 1:7: 'tag' of the key of o.m has 4 bytes (char[4]), not 5: 61 62 63 64 65
          '{tag: [1,2,3,4,5]}' | 1:7: 'tag' of the key of o.m is char[4]: 5 elements are too many
          """)
  void structRefusals(String yaml, String message) {
    assertThatExceptionOfType(ScenarioException.class)
        .isThrownBy(() -> hex(yaml, SERVICE))
        .withMessage("s.yaml:" + message);
  }
}
