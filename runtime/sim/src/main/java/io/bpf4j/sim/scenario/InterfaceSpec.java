package io.bpf4j.sim.scenario;

import io.bpf4j.net.Prefix;
import java.util.List;

/// An interface.
///
/// @param place where it is defined
/// @param name its name
/// @param ifindex its number, `ctx->ingress_ifindex` of what it receives
/// @param local ranges whose every address is the host's own (`ip route add local`)
/// @param addresses the interface's addresses (`ip addr add`)
public record InterfaceSpec(
    Place place, String name, int ifindex, List<Prefix> local, List<InterfaceAddress> addresses) {
  public InterfaceSpec {
    local = List.copyOf(local);
    addresses = List.copyOf(addresses);
  }
}
