package io.bpf4j.sock;

import org.jspecify.annotations.Nullable;

/// A CPU slot that knows the sockets whose pointers its programs hold.
public interface SockSource {
  /// The socket behind a pointer, or null when it is none.
  @Nullable Sock ofPointer(long pointer);

  /// The group whose program runs, or null when no such program does.
  @Nullable ReuseportGroup asked();

  /// The member through which that group was asked, or null.
  @Nullable Sock askedThrough();
}
