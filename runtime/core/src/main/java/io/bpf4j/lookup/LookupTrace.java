package io.bpf4j.lookup;

import io.bpf4j.net.Tuple;
import java.util.List;

/// The whole story of one lookup.
///
/// @param tuple the packet
/// @param steps what was done, in order
/// @param result what came of it
public record LookupTrace(Tuple tuple, List<Step> steps, LookupResult result) {
  public LookupTrace {
    steps = List.copyOf(steps);
  }
}
