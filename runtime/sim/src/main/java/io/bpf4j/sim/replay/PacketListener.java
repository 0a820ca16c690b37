package io.bpf4j.sim.replay;

/// Is told of every packet of a replay.
@FunctionalInterface
public interface PacketListener {
  void packet(PacketView packet);
}
