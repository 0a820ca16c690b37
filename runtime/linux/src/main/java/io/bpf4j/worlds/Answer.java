package io.bpf4j.worlds;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import java.util.Set;

/// What one side says to a step: `ok`, the name of an errno, the name of a socket, `none`, or a
/// value as text.
///
/// @param others what the other side may say as well: where a reuseport group picks by a hash that
///   is its host's secret, the members it could have picked
public record Answer(String text, Set<String> others) {
  static final Answer OK = new Answer("ok");

  /// Nobody takes the packet.
  static final Answer NONE = new Answer("none");

  Answer(String text) {
    this(text, Set.of());
  }

  static Answer of(Errno errno) {
    return new Answer(errno.name());
  }

  /// A system call of either side.
  @FunctionalInterface
  interface Call {
    void run() throws ErrnoException;
  }

  /// `ok`, or how the call failed.
  static Answer of(Call call) {
    try {
      call.run();
      return OK;
    } catch (ErrnoException e) {
      return of(e.errno());
    }
  }

  /// Whether the other side may say this.
  boolean admits(String said) {
    return text.equals(said) || others.contains(said);
  }

  @Override
  public String toString() {
    return text;
  }
}
