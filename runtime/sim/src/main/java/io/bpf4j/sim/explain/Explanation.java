package io.bpf4j.sim.explain;

import io.bpf4j.helper.TraceLog;
import io.bpf4j.lookup.LookupTrace;
import io.bpf4j.net.Tuple;
import io.bpf4j.sim.replay.Disposition;
import io.bpf4j.sim.scenario.InterfaceSpec;
import io.bpf4j.sim.scenario.NetnsSpec;
import io.bpf4j.sock.Sock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What became of one packet, and why.
///
/// @param where the trace and frame it was taken from, or null for a packet that the user gave
/// @param packet its addresses, ports and interface
/// @param netns the namespace it came to
/// @param disposition what it is before any lookup
/// @param owner the socket of the connection it belongs to, or null
/// @param lookup the story of its lookup, or null when it is not looked up
/// @param printed what programs printed meanwhile
public record Explanation(
    @Nullable String where,
    Tuple packet,
    NetnsSpec netns,
    Disposition disposition,
    @Nullable Sock owner,
    @Nullable LookupTrace lookup,
    List<TraceLog.Line> printed) {
  public Explanation {
    printed = List.copyOf(printed);
  }

  /// `edge (ifindex 2)`, or `ifindex 7` for an index that no interface has.
  String arrival() {
    for (InterfaceSpec iface : netns.interfaces()) {
      if (iface.ifindex() == packet.iif()) {
        return "%s (ifindex %d)".formatted(iface.name(), packet.iif());
      }
    }
    return "ifindex " + packet.iif();
  }
}
