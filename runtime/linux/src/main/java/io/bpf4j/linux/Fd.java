package io.bpf4j.linux;

import java.util.concurrent.atomic.AtomicInteger;

/// A file descriptor that is ours to close. After that its number is not given out any more: the
/// kernel may have given it to somebody else.
final class Fd implements AutoCloseable {
  private static final int CLOSED = -1;

  private final AtomicInteger number;
  private final String thing;

  /// `thing` names what it is, for messages.
  Fd(long number, String thing) {
    this.number = new AtomicInteger((int) number);
    this.thing = thing;
  }

  /// @throws IllegalStateException when it is closed
  int number() {
    int fd = number.get();
    if (fd == CLOSED) {
      throw new IllegalStateException(thing + " is closed");
    }
    return fd;
  }

  String thing() {
    return thing;
  }

  /// Closing twice does nothing. An error of close(2) leaves nothing to do: the descriptor is gone.
  @Override
  public void close() {
    int fd = number.getAndSet(CLOSED);
    if (fd != CLOSED) {
      Syscall.CLOSE.call(fd);
    }
  }
}
