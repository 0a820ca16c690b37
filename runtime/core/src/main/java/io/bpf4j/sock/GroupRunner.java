package io.bpf4j.sock;

import org.jspecify.annotations.Nullable;

/// Runs the programs of reuseport groups on one CPU slot.
public interface GroupRunner {
  /// Runs a group's program for a packet. A program that refuses the packet marks the probe
  /// ([Probe#refuse]).
  ///
  /// @param via the member that the lookup found
  /// @param members the group by index, at least one
  /// @param hash of the packet
  /// @return the member it picks, or null when it picks none
  @Nullable Sock run(
      GroupProgram program, ReuseportGroup group, Sock via, Sock[] members, Probe p, int hash);
}
