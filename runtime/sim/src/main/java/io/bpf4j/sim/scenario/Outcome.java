package io.bpf4j.sim.scenario;

import org.jspecify.annotations.Nullable;

/// The expected outcome of one lookup.
///
/// @param result what becomes of the packet
/// @param socket the socket it must reach (any member of a group of that name), or through which
///   the group was asked whose program must have dropped it, or null for any
/// @param link the link that must have decided, or null for any
public record Outcome(ResultKind result, @Nullable String socket, @Nullable String link) {
  /// As the file writes it: `steered to web4 via steer`.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(result.key());
    if (socket != null) {
      text.append(
              switch (result) {
                case STEERED -> " to ";
                case DROPPED -> " by group ";
                default -> " ";
              })
          .append(socket);
    }
    if (link != null) {
      text.append(result == ResultKind.DROPPED ? " by " : " via ").append(link);
    }
    return text.toString();
  }
}
