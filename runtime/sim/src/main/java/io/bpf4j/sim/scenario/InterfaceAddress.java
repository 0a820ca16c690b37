package io.bpf4j.sim.scenario;

import io.bpf4j.net.Family;
import io.bpf4j.net.IpAddr;
import io.bpf4j.net.Prefix;
import org.jspecify.annotations.Nullable;

/// An address of an interface, as `ip addr add` makes it: the address is local, the others of its
/// net are not, and the last one of an IPv4 net is its broadcast address.
public record InterfaceAddress(IpAddr address, Prefix net) {
  private static final int BROADCAST_BITS = 30;

  /// The broadcast address of the net, or null when it has none (IPv6, point to point).
  public @Nullable IpAddr broadcast() {
    return address.family() == Family.INET6 || net.bits() > BROADCAST_BITS
        ? null
        : IpAddr.v4((int) (net.address().lo() | 0xffff_ffffL >>> net.bits()));
  }
}
