package io.bpf4j.sim.scenario;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Something that must hold after the traffic.
public sealed interface Expectation {
  Place place();

  /// Its name in reports.
  String name();

  /// A packet looked up after the traffic must end so.
  record OfPacket(Place place, String name, PacketText packet, String netns, Outcome outcome)
      implements Expectation {}

  /// So many packets of the traffic must have ended at a socket, by a link, with a result; what is
  /// null does not matter.
  record OfCount(
      Place place,
      String name,
      @Nullable String socket,
      @Nullable String link,
      @Nullable ResultKind result,
      Bounds bounds)
      implements Expectation {}

  /// So many packets of the traffic must have had each of these results.
  record OfResults(Place place, String name, Map<ResultKind, Bounds> bounds)
      implements Expectation {
    public OfResults {
      bounds = Map.copyOf(bounds);
    }
  }

  /// An element of a map must hold such a number; of a per-CPU map, the sum over its CPUs.
  record OfMap(Place place, String name, String object, String map, Yaml key, Bounds bounds)
      implements Expectation {}
}
