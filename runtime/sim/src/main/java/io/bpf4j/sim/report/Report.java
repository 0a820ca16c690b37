package io.bpf4j.sim.report;

import io.bpf4j.sim.replay.Fault;
import io.bpf4j.sim.replay.TraceSummary;
import io.bpf4j.sim.scenario.ResultKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The outcome of a simulation.
///
/// @param scenario the scenario's file
/// @param description what the scenario says of itself, or an empty string
/// @param engine the engine's name
/// @param threads threads that looked up
/// @param nanos how long the replay took, reading included
/// @param byResult packets by what became of them; every kind has a number
/// @param notLocal of those not local, why
/// @param sockets the scenario's sockets
/// @param links the scenario's links
/// @param ownConnections packets of connections that the host itself opened
/// @param connections the connection table
/// @param traces what the traces held
/// @param expectations what was expected, in the scenario's order; those that were not checked are
///   left out
/// @param notChecked why expectations are left out, or an empty string
/// @param fault what stopped it, or null
/// @param stopped whether it was asked to end early
public record Report(
    String scenario,
    String description,
    String engine,
    int threads,
    long nanos,
    Map<ResultKind, Long> byResult,
    NotLocal notLocal,
    List<SocketRow> sockets,
    List<LinkRow> links,
    long ownConnections,
    Connections connections,
    List<TraceSummary> traces,
    List<Expected> expectations,
    String notChecked,
    @Nullable Fault fault,
    boolean stopped) {
  private static final double NANOS_PER_SECOND = 1e9;

  public Report {
    Map<ResultKind, Long> all = new EnumMap<>(ResultKind.class);
    for (ResultKind kind : ResultKind.values()) {
      all.put(kind, byResult.getOrDefault(kind, 0L));
    }
    byResult = Map.copyOf(all);
    sockets = List.copyOf(sockets);
    links = List.copyOf(links);
    traces = List.copyOf(traces);
    expectations = List.copyOf(expectations);
  }

  /// Packets by why they are not local.
  public record NotLocal(long sentByHost, long forOthers, long multicast) {}

  /// Packets that ended at a socket.
  ///
  /// @param socket its name
  /// @param address what it is bound to: `tcp 127.0.0.1:8080`
  public record SocketRow(
      String socket, String address, long established, long steered, long listener) {
    public long lookups() {
      return established + steered + listener;
    }
  }

  /// What a link decided.
  public record LinkRow(String link, String netns, String program, long steered, long dropped) {}

  /// Counts of the connection table.
  public record Connections(long opened, long evicted, long expired) {}

  /// An expectation and whether it was met; `detail` says what was, in one line.
  public record Expected(String name, boolean ok, String detail) {}

  public long of(ResultKind kind) {
    return byResult.getOrDefault(kind, 0L);
  }

  /// All packets.
  public long packets() {
    return byResult.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Packets that were looked up, the connection table included.
  public long lookups() {
    return packets() - of(ResultKind.NOT_LOCAL);
  }

  public double lookupsPerSecond() {
    return nanos == 0 ? 0 : lookups() * NANOS_PER_SECOND / nanos;
  }

  /// Frames that were no packets for the lookup.
  public long skipped() {
    return traces.stream().mapToLong(t -> t.frames() - t.packets()).sum();
  }

  /// Whether every expectation was met.
  public boolean ok() {
    return expectations.stream().allMatch(Expected::ok);
  }
}
