package io.bpf4j.sim.replay;

/// The socket lookup as one CPU of the simulated host does it. It is for one thread.
interface Lookups {
  /// Looks up a packet that came in.
  ///
  /// @return an [Answer]
  /// @throws io.bpf4j.error.ProgramFault when a program was stopped
  long lookup(PacketBatch batch, int i);

  /// Whether a socket is a TCP socket that listens: one that connections can be opened to.
  boolean listening(int socket);
}
