package io.bpf4j.sim.scenario;

import java.time.Duration;

/// How traffic is read; the package documentation of `io.bpf4j.sim.replay` tells what it means.
///
/// @param assumeEstablished whether a TCP segment of an unknown connection is taken for the first
///   one of a connection that was open before the trace began
/// @param everyPacketFirst whether each packet is looked up as the first of its flow
/// @param connectionIdle after how long without a packet a connection is forgotten, by the clock of
///   the trace
/// @param maxConnections how many connections are kept; beyond that the one idle longest is evicted
/// @param cpus CPUs of the simulated host: copies of per-CPU values, threads at most
/// @param seed of everything random
public record ReplayOptions(
    boolean assumeEstablished,
    boolean everyPacketFirst,
    Duration connectionIdle,
    int maxConnections,
    int cpus,
    long seed) {
  public static final ReplayOptions DEFAULT =
      new ReplayOptions(false, false, Duration.ofSeconds(60), 1_000_000, 4, 1);
}
