package io.bpf4j.sock;

/// The states that `bpf_sock.state` shows (include/net/tcp_states.h). UDP sockets are ESTABLISHED
/// when they are connected and CLOSE when not.
public enum SockState {
  ESTABLISHED(1),
  CLOSE(7),
  LISTEN(10);

  private final int number;

  SockState(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
