package io.bpf4j.netns;

/// A network interface.
///
/// @param name its name
/// @param ifindex its number, at least 1
public record Device(String name, int ifindex) {
  public Device {
    if (ifindex < 1) {
      throw new IllegalArgumentException("interface '" + name + "': index " + ifindex);
    }
  }
}
