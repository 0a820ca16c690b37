package io.bpf4j.sock;

import org.jspecify.annotations.Nullable;

/// Is told what a scan looks at, for explanations.
public interface ScanLog {
  /// A socket was scored.
  ///
  /// @param score negative for an [Ineligible]
  /// @param best whether it is the best so far
  void candidate(Sock sock, int score, boolean best);

  /// A group's program is about to run.
  ///
  /// @return the program to run in its place, which tells the log more
  GroupProgram watched(GroupProgram program);

  /// A group picked, by its program if one was announced by [#watched].
  ///
  /// @param via the member that was found
  /// @param hash the packet's hash
  /// @param pick null when no member can take the packet
  void group(Sock via, ReuseportGroup group, int hash, @Nullable Sock pick);
}
