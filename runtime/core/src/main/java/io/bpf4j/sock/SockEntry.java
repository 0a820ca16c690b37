package io.bpf4j.sock;

/// A place outside the socket tables that refers to a socket, such as an entry of a SOCKMAP: it is
/// told when the socket is closed, and then lets go of it.
public interface SockEntry {
  /// Lets go of the socket, if this place still holds it.
  void forget(Sock sock);
}
