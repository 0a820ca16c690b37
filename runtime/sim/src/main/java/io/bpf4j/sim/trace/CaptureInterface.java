package io.bpf4j.sim.trace;

import org.jspecify.annotations.Nullable;

/// An interface that a capture was taken at.
///
/// @param id its number in the capture, from 0
/// @param name its name on the capturing host, where the file tells it
/// @param linkType the LINKTYPE_ number of its packets
/// @param snapLength the most bytes kept of a packet; 0 for no limit
public record CaptureInterface(int id, @Nullable String name, int linkType, long snapLength) {

  /// The link type by name, or its number when bpf4j does not read it.
  public String linkTypeName() {
    return LinkType.name(linkType);
  }
}
