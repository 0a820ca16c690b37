package io.bpf4j.worlds;

import java.util.List;

/// A world that plays scripts: the simulated one or the kernel's. It is used again for one script
/// after the other.
interface Side extends AutoCloseable {
  /// Does a step.
  Answer play(Step step);

  /// Answers lookups that follow each other.
  List<Answer> look(List<Packet> packets);

  /// Ends a script: closes its sockets, empties the maps, detaches the links.
  void clear();

  @Override
  void close();
}
