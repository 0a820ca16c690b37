package io.bpf4j.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PrefixTest {
  @ParameterizedTest
  @CsvSource({
    "198.51.100.0/24, 198.51.100.255, 198.51.101.0",
    "198.51.100.7/32, 198.51.100.7, 198.51.100.6",
    "128.0.0.0/1, 255.255.255.255, 127.255.255.255",
    "2001:db8:100::/64, 2001:db8:100::ffff, 2001:db8:100:1::",
    "2001:db8::/100, 2001:db8::fff:ffff, 2001:db8::1000:0",
    "::1, ::1, ::2",
    "0.0.0.0/0, 192.0.2.1, ::"
  })
  void holdsWhatSharesItsBits(String prefix, String inside, String outside) {
    assertThat(Prefix.parse(prefix).contains(IpAddr.parse(inside))).isTrue();
    assertThat(Prefix.parse(prefix).contains(IpAddr.parse(outside))).isFalse();
  }

  @Test
  void bitsBeyondThePrefixAreCleared() {
    assertThat(Prefix.parse("198.51.100.7/24")).hasToString("198.51.100.0/24");
    assertThat(Prefix.parse("2001:db8::1/32")).isEqualTo(Prefix.parse("2001:db8:ffff::/32"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"198.51.100.0/33", "::/129", "::/", "::/-1", "::/01", "a/8", "/8"})
  void refusesWhatIsNoPrefix(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Prefix.parse(text));
  }
}
