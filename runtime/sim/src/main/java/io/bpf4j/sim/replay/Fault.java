package io.bpf4j.sim.replay;

import io.bpf4j.error.ProgramFault;

/// A program was stopped while a packet was looked up.
///
/// @param frame the number of the frame in its trace
/// @param trace the trace, or the flood
/// @param cause what stopped it
public record Fault(long frame, String trace, ProgramFault cause) {
  /// One line.
  public String message() {
    return "%s frame %d: %s".formatted(trace, frame, cause.getMessage());
  }
}
