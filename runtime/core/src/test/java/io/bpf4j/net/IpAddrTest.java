package io.bpf4j.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddrTest {
  /// RFC 5952 section 4 and 5.
  @ParameterizedTest
  @CsvSource({
    "2001:0db8::0001, 2001:db8::1",
    "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "2001:DB8::A, 2001:db8::a",
    "0:0:0:0:0:0:0:0, ::",
    "::1, ::1",
    "fe80::, fe80::",
    "1:2:3:4:5:6:7:0, 1:2:3:4:5:6:7:0",
    "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
    "0:0:3:4:5:6:7:8, ::3:4:5:6:7:8",
    "::ffff:192.0.2.1, ::ffff:192.0.2.1",
    "::ffff:c000:201, ::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
    "192.0.2.255, 192.0.2.255",
    "0.0.0.0, 0.0.0.0"
  })
  void isWrittenCanonically(String given, String canonical) {
    assertThat(IpAddr.parse(given)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3.a",
        "1.2.3.",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7::8",
        "::1.2.3.4.5",
        "1.2.3.4::",
        "::1%eth0",
        "1:2:3:4:5:6:7:1.2.3.4",
        "-1.2.3.4",
        " 1.2.3.4",
        "\u0661.2.3.4"
      })
  void whatIsNoAddressIsRefusedByName(String text) {
    assertThatThrownBy(() -> IpAddr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + text + "' is no IP address");
  }

  @Test
  void everyAddressReadsBackAndMeansWhatTheJdkReads() throws UnknownHostException {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      // Sparse bits make runs of zero groups.
      IpAddr address =
          IpAddr.v6(random.nextLong() & mask(random), random.nextLong() & mask(random));
      assertThat(IpAddr.parse(address.toString())).isEqualTo(address);
      if (!address.isV4Mapped()) {
        byte[] bytes = InetAddress.getByName(address.toString()).getAddress();
        assertThat(java.nio.ByteBuffer.wrap(bytes).getLong()).isEqualTo(address.hi());
        assertThat(java.nio.ByteBuffer.wrap(bytes).getLong(8)).isEqualTo(address.lo());
      }
    }
  }

  private static long mask(Random random) {
    long mask = 0;
    for (int i = 0; i < 4; i++) {
      mask = mask << 16 | (random.nextBoolean() ? 0xffff : 0);
    }
    return mask;
  }
}
