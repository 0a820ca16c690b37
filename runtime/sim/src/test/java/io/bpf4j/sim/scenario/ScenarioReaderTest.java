package io.bpf4j.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bpf4j.error.InputException;
import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScenarioReaderTest {
  static final Path FILE = Path.of("some", "full.yaml");

  static String full() {
    try (InputStream in =
        Objects.requireNonNull(ScenarioReaderTest.class.getResourceAsStream("full.yaml"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Scenario read(String text) {
    return ScenarioReader.parse(FILE, text);
  }

  @Test
  void readsInterfacesAndSockets() {
    NetnsSpec edge = read(full()).netns("edge");
    assertThat(edge.mainInterface().name()).isEqualTo("eth0");
    assertThat(edge.interfaces().getFirst().local())
        .contains(Prefix.parse("::1/128"), Prefix.parse("198.51.100.0/24"));
    InterfaceAddress address = edge.interfaces().get(1).addresses().getFirst();
    assertThat(address.address()).isEqualTo(IpAddr.parse("192.0.2.2"));
    assertThat(address.broadcast()).isEqualTo(IpAddr.parse("192.0.2.255"));
    SocketSpec web = edge.sockets().getFirst();
    assertThat(web.members()).containsExactly("web/0", "web/1", "web/2", "web/3");
    assertThat(web.listen()).isTrue();
    assertThat(web.protocol()).isEqualTo(Protocol.TCP);
    SocketSpec spare = edge.sockets().getLast();
    assertThat(spare.family()).isEqualTo(Family.INET);
    assertThat(spare.listen()).isFalse();
    assertThat(edge.sockets().get(3).connect()).hasToString("192.0.2.9:4000");
  }

  @Test
  void pathsAreRelativeToTheFile() {
    Scenario scenario = read(full());
    assertThat(scenario.objects().get(1).file()).isEqualTo(Path.of("some/sub/policy.bpf.o"));
    assertThat(scenario.traces().getFirst().file()).isEqualTo(Path.of("some/traffic.pcap"));
  }

  @Test
  void linksWithoutNamesAreCalledAfterTheirProgram() {
    assertThat(read(full()).links())
        .extracting(LinkSpec::name)
        .containsExactly("steer", "policy.steer", "policy.steer#2", "last");
  }

  @Test
  void readsReplayAndTraffic() {
    Scenario scenario = read(full());
    assertThat(scenario.replay())
        .isEqualTo(new ReplayOptions(true, false, Duration.ofSeconds(90), 5000, 8, 42));
    FloodSpec flood = scenario.floods().getFirst();
    assertThat(flood.ports()).containsExactly(new PortRange(80, 80), new PortRange(8000, 8100));
    assertThat(flood.packets()).isEqualTo(1_000_000);
    assertThat(scenario.floods().getLast().ports()).containsExactly(new PortRange(53, 53));
  }

  @Test
  void readsExpectations() {
    Scenario scenario = read(full());
    assertThat(scenario.expectations().getFirst())
        .isInstanceOfSatisfying(
            Expectation.OfPacket.class,
            e -> {
              assertThat(e.outcome()).hasToString("steered to web via policy.steer");
              assertThat(e.packet().iface()).isEqualTo("eth0");
            });
    assertThat(scenario.expectations().get(5))
        .isInstanceOfSatisfying(
            Expectation.OfResults.class,
            e ->
                assertThat(e.bounds())
                    .containsAllEntriesOf(
                        Map.of(
                            ResultKind.STEERED,
                            Bounds.exactly(5),
                            ResultKind.NONE,
                            new Bounds(0, 3))));
  }

  /// Replaces a piece of the full scenario and expects the message.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          version: 1 | version: 2 | some/full.yaml:2:10: version 2 is not known, only version 1
          version: 1 | version: | some/full.yaml:2:9: version: 1 was expected, not nothing
          objects: | objcts: | some/full.yaml:18:1: a scenario has no 'objcts'; did you mean 'objects'?
          ifindex: 1, | | some/full.yaml:7:9: an interface needs 'ifindex'
          ifindex: 1, | ifindex: 2, | some/full.yaml:8:31: interface 'lo' has ifindex 2 already
          ifindex: 1, | ifindex: 0, | some/full.yaml:7:29: an interface index was expected, a number from 1 to 2147483647, not '0'
          - name: inner | - name: edge | some/full.yaml:15:11: a second netns is called 'edge', the first is at 5:11
          "::1" | "::g" | some/full.yaml:7:53: an address or a prefix like 198.51.100.0/24 was expected: '::g' is no IP address
          v6only: true | v6only: yes | some/full.yaml:11:61: true or false was expected, not 'yes'
          v6only: true | v6nly: true | some/full.yaml:11:53: a socket has no 'v6nly'; did you mean 'v6only'?
          device: eth0 | device: eth1 | some/full.yaml:11:75: there is no interface 'eth1' in netns 'edge'; did you mean 'eth0'?
          "[::]:8080" | "::8080" | some/full.yaml:11:40: ADDRESS:PORT, [ADDRESS]:PORT for IPv6 was expected: '::8080': an IPv6 address stands in brackets before its port
          reuseport: true, count | count | some/full.yaml:10:9: socket 'web': sockets share a port only with reuseport: true
          name: web6 | name: web | some/full.yaml:11:16: a second socket is called 'web', the first is at 10:16
          proto: udp, bind: "198.51.100.53:53" | proto: sctp, bind: "198.51.100.53:53" | some/full.yaml:12:28: tcp or udp was expected, not 'sctp'
          steer.sockets: | steeer.sockets: | some/full.yaml:24:3: there is no object 'steeer'; did you mean 'steer'?
          steer.sockets: | sockets: | some/full.yaml:24:3: 'sockets' is no name of a map: object.map
          steer.sockets: | steer.services: | some/full.yaml:24:3: 'steer.services' stands here twice, first at 22:3
          keySize: 4 | keySize: four | some/full.yaml:27:14: bytes of a key was expected, a number from 0 to 1048576, not 'four'
          object: policy, program: check | objekt: policy, program: check | some/full.yaml:36:32: a link has no 'objekt'; did you mean 'object'?
          object: policy, program: check | object: policy, | some/full.yaml:36:5: a link needs 'program'
          netns: inner, proto: udp | proto: udp | some/full.yaml:42:7: 'netns' is missing, and there are several: edge, inner
          8000-8100 | 8100-8000 | some/full.yaml:41:116: a port or a range like 8000-8100 was expected: 8100-8000 is no range of ports
          to: [198.51.100.0/24] | to: ["2001:db8::/64"] | some/full.yaml:41:85: 2001:db8::/64: no range of 'from' is of its address family
          connectionIdle: 90s | connectionIdle: 90 | some/full.yaml:43:76: '90' is no time: a number with ns, us, ms, s, m or h, like 60s
          everyPacketFirst: false | everyPacketFirst: true | some/full.yaml:43:9: assumeEstablished and everyPacketFirst exclude each other: without connections none can be assumed
          steered to web via policy.steer | steered to wbe | some/full.yaml:45:97: there is no socket 'wbe'; did you mean 'web'?
          steered to web via policy.steer | sterred | some/full.yaml:45:97: there is no result 'sterred'; did you mean 'steered'?
          dropped by last | dropped to web | some/full.yaml:48:87: 'to' does not fit: expect steered [to SOCKET] [via LINK], listener [SOCKET], established [SOCKET], dropped [by LINK], dropped by group SOCKET, none or notLocal
          dropped by last | dropped by lost | some/full.yaml:48:87: there is no link 'lost'; did you mean 'last'?
          tcp 192.0.2.1:40000 -> 198.51.100.7:81 | tcp 192.0.2.1:40000 198.51.100.7:81 | 'some/full.yaml:48:24: a packet was expected: a packet is written PROTO SRC:SPORT -> DST:DPORT [ifindex N | dev NAME], like tcp 192.0.2.1:40000 -> 198.51.100.7:443'
          [ifindex 2] | [ifindex 3] | some/full.yaml:46:24: netns 'edge' has no interface with ifindex 3
          atLeast: 5, atMost: 10 | atLeast: 11, atMost: 10 | some/full.yaml:49:5: no number is at least 11 and at most 10
          atLeast: 5, atMost: 10 | key: 1, atMost: 10 | some/full.yaml:49:73: 'key' does not go with 'count'
          key: 1, equals: 69 | key: 1 | some/full.yaml:51:5: an expectation needs 'equals', 'atLeast' or 'atMost'
          packet: "tcp 192.0.2.1:40000 -> 198.51.100.7:81", netns: edge, expect: dropped by last | equals: 1 | some/full.yaml:48:5: expectation 'p4' is about exactly one of packet, count, byResult, map
          name: p2 | name: p1 | some/full.yaml:46:12: a second expectation is called 'p1', the first is at 45:12
          """)
  void tellsPlaceAndRule(String piece, String replacement, String message) {
    String text = full();
    assertThat(text).contains(piece);
    String broken = text.replace(piece, replacement == null ? "" : replacement);
    assertThatExceptionOfType(ScenarioException.class)
        .isThrownBy(() -> read(broken))
        .withMessage(message.replace("some/", FILE.getParent() + "/"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                      | 1:1: the file is empty
          '[1, 2]'                | 1:1: a scenario was expected: a mapping with version, netns, description, objects, maps, groups, links, traffic, replay, expectations, not a list
          'version: 1\nversion: 1' | 2:1: 'version' stands here twice, first at 1:1
          'version: [1'           | 1:12: no YAML: expected ',' or ']', but got <stream end>
          'version: &a 1'         | 1:10: an anchor: scenarios have none, write the value out
          'version: *a'           | 1:10: an alias: scenarios have none, write the value out
          'version: !x 1'         | 1:10: a tag (!): scenarios have none
          '? [a]\n: b'            | 1:3: a key is a word, not a list
          'a: 1\n---\nb: 2'       | 2:1: a second document: a scenario is one
          'version: "\u0007"'         | 1:11: no YAML: the character U+0007 may not stand in it
          """)
  void refusesWhatIsNoScenario(String text, String message) {
    assertThatExceptionOfType(ScenarioException.class)
        .isThrownBy(() -> read(text))
        .withMessage(FILE + ":" + message);
  }

  @Test
  void refusesDeepNesting() {
    assertThatExceptionOfType(ScenarioException.class)
        .isThrownBy(() -> read("version: " + "[".repeat(100_000)))
        .withMessageContaining("nested more than 40 deep");
  }

  @Test
  void refusesUnreadableFiles(@TempDir Path folder) throws IOException {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ScenarioReader.read(folder.resolve("none.yaml")))
        .withMessageEndingWith("none.yaml: no such file");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ScenarioReader.read(folder))
        .withMessageContaining("a directory");
    Path binary = folder.resolve("binary.yaml");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ScenarioReader.read(binary))
        .withMessageEndingWith("not text in UTF-8");
  }

  /// Whatever the text is, reading it succeeds or ends in one line that names a place.
  @Test
  void mutatedScenariosAreReadOrRefusedInOneLine() {
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      String text = mutated(full(), random);
      try {
        read(text);
      } catch (ScenarioException e) {
        refused++;
        assertThat(e.getMessage()).doesNotContain("\n").startsWith(FILE + ":" + e.line() + ":");
      }
    }
    assertThat(refused).isBetween(1000, 2999);
  }

  private static String mutated(String text, Random random) {
    StringBuilder mutated = new StringBuilder(text);
    String alphabet = " \n\t:,-[]{}\"'#&*!|>%@`?0159abz~\\/\u00e9\0";
    int edits = 1 + random.nextInt(3);
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(mutated.length());
      int end = Math.min(mutated.length(), at + 1 + random.nextInt(20));
      switch (random.nextInt(5)) {
        case 0 -> mutated.deleteCharAt(at);
        case 1 -> mutated.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
        case 2 -> mutated.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
        case 3 -> mutated.delete(at, end);
        default -> mutated.insert(random.nextInt(mutated.length()), mutated.substring(at, end));
      }
    }
    return mutated.toString();
  }
}
