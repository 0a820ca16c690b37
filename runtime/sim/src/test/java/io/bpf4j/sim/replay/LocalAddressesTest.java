package io.bpf4j.sim.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import io.bpf4j.sim.scenario.InterfaceAddress;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sim.scenario.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LocalAddressesTest {
  private static LocalAddresses of(List<Prefix> local, List<InterfaceAddress> addresses) {
    InterfaceSpec iface = new InterfaceSpec(Place.START, "eth0", 2, local, addresses);
    return new LocalAddresses(new NetnsSpec(Place.START, "n", List.of(iface), List.of()));
  }

  private static boolean isLocal(LocalAddresses all, IpAddr a) {
    return all.isLocal(a.family().number(), a.hi(), a.lo());
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.2, true, false",
    "192.0.2.3, false, false",
    "192.0.2.255, false, true",
    "255.255.255.255, false, true",
    "224.0.0.1, false, true",
    "239.255.255.255, false, true",
    "240.0.0.1, false, false",
    "198.51.100.255, true, false",
    "2001:db8:100::ffff, true, false",
    "2001:db8:100:1::, false, false",
    "ff02::1, false, true",
    "fe80::1, false, false",
    "::ffff:192.0.2.2, false, false"
  })
  void interfaceAddressesAndLocalRanges(String address, boolean local, boolean forAll) {
    LocalAddresses all =
        of(
            List.of(Prefix.parse("198.51.100.0/24"), Prefix.parse("2001:db8:100::/64")),
            List.of(new InterfaceAddress(IpAddr.parse("192.0.2.2"), Prefix.parse("192.0.2.0/24"))));
    IpAddr a = IpAddr.parse(address);
    assertThat(isLocal(all, a)).isEqualTo(local);
    assertThat(all.isForAll(a.family().number(), a.hi(), a.lo())).isEqualTo(forAll);
  }

  @Test
  void rangesMayBeNestedAndMany() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      List<Prefix> prefixes = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        prefixes.add(
            random.nextBoolean()
                ? new Prefix(IpAddr.v4(random.nextInt(64) << 26), random.nextInt(33))
                : new Prefix(IpAddr.v6((long) random.nextInt(8) << 61, 0), random.nextInt(129)));
      }
      LocalAddresses all = of(prefixes, List.of());
      for (int i = 0; i < 200; i++) {
        IpAddr a =
            random.nextBoolean()
                ? IpAddr.v4(random.nextInt(64) << 26 | random.nextInt(4))
                : IpAddr.v6((long) random.nextInt(8) << 61, random.nextInt(4));
        boolean expected = prefixes.stream().anyMatch(p -> p.contains(a));
        assertThat(isLocal(all, a)).as("%s in %s", a, prefixes).isEqualTo(expected);
      }
    }
  }
}
