package io.bpf4j.sim.scenario;

import io.bpf4j.net.Prefix;
import io.bpf4j.net.Protocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Made-up traffic: packets from random sources to random destinations of given ranges.
///
/// @param place where it is written
/// @param name for reports
/// @param netns the namespace that receives it
/// @param iface the receiving interface, or null for [NetnsSpec#mainInterface]
/// @param protocol TCP or UDP
/// @param from ranges of source addresses
/// @param to ranges of destination addresses
/// @param ports destination ports
/// @param packets how many
/// @param flows how many different flows, at most; 0 for a new flow each packet. The first packet
///   of a TCP flow is a SYN, the later ones are segments of its connection
public record FloodSpec(
    Place place,
    String name,
    String netns,
    @Nullable String iface,
    Protocol protocol,
    List<Prefix> from,
    List<Prefix> to,
    List<PortRange> ports,
    long packets,
    int flows) {
  public FloodSpec {
    from = List.copyOf(from);
    to = List.copyOf(to);
    ports = List.copyOf(ports);
  }
}
