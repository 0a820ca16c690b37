package io.bpf4j.sim.replay;

import io.bpf4j.sim.scenario.ResultKind;

/// The result of a lookup in one number: what became of it, the socket and the link by their
/// numbers in the world, -1 for none.
final class Answer {
  private static final ResultKind[] KINDS = ResultKind.values();
  private static final int BITS = 28;
  private static final long MASK = (1 << BITS) - 1;

  private Answer() {}

  static long of(ResultKind kind, int socket, int link) {
    return ((long) kind.ordinal() << (2 * BITS)) | ((socket + 1L) << BITS) | (link + 1L);
  }

  static ResultKind kind(long answer) {
    return KINDS[(int) (answer >>> (2 * BITS))];
  }

  static int socket(long answer) {
    return (int) ((answer >>> BITS) & MASK) - 1;
  }

  static int link(long answer) {
    return (int) (answer & MASK) - 1;
  }
}
