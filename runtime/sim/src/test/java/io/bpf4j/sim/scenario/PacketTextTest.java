package io.bpf4j.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PacketTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          tcp 192.0.2.1:40000 -> 198.51.100.7:443             ; tcp 192.0.2.1:40000 -> 198.51.100.7:443
          udp 192.0.2.1:40000->198.51.100.7:53 ifindex 2      ; udp 192.0.2.1:40000 -> 198.51.100.7:53 ifindex 2
          tcp 192.0.2.1:40000 -> 198.51.100.7:443 [ifindex 2] ; tcp 192.0.2.1:40000 -> 198.51.100.7:443 ifindex 2
          '  tcp  192.0.2.1:1  ->  198.51.100.7:2   dev eth0 ' ; tcp 192.0.2.1:1 -> 198.51.100.7:2 dev eth0
          tcp [2001:DB8:0::1]:1 -> [2001:db8::2]:2 [dev eth0] ; tcp [2001:db8::1]:1 -> [2001:db8::2]:2 dev eth0
          """)
  void reads(String text, String canonical) {
    assertThat(PacketText.parse(text)).hasToString(canonical);
    assertThat(PacketText.parse(canonical)).isEqualTo(PacketText.parse(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          ''                                         ; a packet is written PROTO SRC:SPORT -> DST:DPORT [ifindex N | dev NAME], like tcp 192.0.2.1:40000 -> 198.51.100.7:443
          icmp 192.0.2.1:1 -> 192.0.2.2:2            ; 'icmp' is neither tcp nor udp
          tcp 192.0.2.1 -> 192.0.2.2:2               ; source: '192.0.2.1' has no port
          tcp 192.0.2.1:1 -> 192.0.2.2               ; destination: '192.0.2.2' has no port
          tcp 192.0.2.1:1 -> 192.0.2.2:65536         ; destination: port 65536 is not in 0 to 65535
          tcp 192.0.2.1:x -> 192.0.2.2:2             ; source: 'x' is no port
          tcp 192.0.2.300:1 -> 192.0.2.2:2           ; source: '192.0.2.300' is no IP address
          tcp ::1:1 -> 192.0.2.2:2                   ; source: '::1:1': an IPv6 address stands in brackets before its port
          tcp [192.0.2.1]:1 -> 192.0.2.2:2           ; source: '[192.0.2.1]:1': brackets are for IPv6 addresses
          tcp [::1]:1 -> 192.0.2.2:2                 ; source ::1 and destination 192.0.2.2 are of two address families
          tcp 192.0.2.1:1 -> 192.0.2.2:2 iface 2     ; 'iface 2' after the destination: only ifindex N or dev NAME may stand there
          tcp 192.0.2.1:1 -> 192.0.2.2:2 ifindex 0   ; ifindex 0 is no interface
          """)
  void refuses(String text, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PacketText.parse(text))
        .withMessage(message);
  }
}
