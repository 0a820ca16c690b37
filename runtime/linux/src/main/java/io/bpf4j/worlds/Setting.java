package io.bpf4j.worlds;

import io.bpf4j.net.IpAddr;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What both sides of a comparison have alike before a script starts.
///
/// @param cpu the CPU that lookups run on
/// @param leftIndex the index of the interface `left`
public record Setting(int cpu, int leftIndex) {
  private static final String LO = "lo";
  static final String LEFT = "left";

  /// The interfaces with their addresses beside 127.0.0.0/8 and ::1.
  Map<String, List<IpAddr>> addresses() {
    Map<String, List<IpAddr>> addresses = new LinkedHashMap<>();
    addresses.put(LEFT, List.of(IpAddr.parse("192.0.2.1"), IpAddr.parse("fd01::1")));
    addresses.put(LO, List.of(IpAddr.parse("fd00::1"), IpAddr.parse("fd00::2")));
    return addresses;
  }

  /// The index of an interface; 0 for `-`.
  int ifindex(String device) {
    return switch (device) {
      case "-" -> 0;
      case LO -> 1;
      case LEFT -> leftIndex;
      default -> throw new IllegalArgumentException("there is no interface '" + device + "'");
    };
  }
}
